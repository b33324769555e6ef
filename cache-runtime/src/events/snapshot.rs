//! The statistics as a caller reads them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{AddAssign, Deref, DerefMut};

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::rows::OTHERS;
use super::sums::{Sum, sums};
use super::{Counts, NodeStats};
use crate::sketch::Insight;

/// The statistics of a cache since it was built. `Display` prints those of its namespaces as a table.
///
/// Those of several processes add up with `+=`: counts and histograms to their sums, which is also what is told of
/// memory, and of nodes as [`NodeStats`] says. They can be written by any `serde` format: a field that a reader does not
/// know is passed over, and one that is missing is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Stats {
    /// A row for each namespace, by name. Past 1,024 of them all others share the row `(others)`.
    #[serde(deserialize_with = "few::<_, _, 1_025>")]
    pub namespaces: Vec<NamespaceStats>,
    /// A row for each annotated function that was called, by namespace and path. Past 1,024 of them the others share a
    /// row `(others)` in each namespace.
    #[serde(deserialize_with = "few::<_, _, 2_049>")]
    pub functions: Vec<FunctionStats>,
    /// What this process's memory has.
    pub memory: MemoryStats,
    /// A row for each node of Redis, by its address.
    #[serde(deserialize_with = "few::<_, _, 1_024>")]
    pub nodes: Vec<NodeStats>,
    /// How many processes it is of: one, and of a sum as many as were added up.
    pub processes: u64,
    /// How long these have counted, in milliseconds by the cache's clock: the sum of their times.
    pub counted_ms: u64,
}

/// As many rows as a process may have. Each takes a byte as it is written, and some thousand as it is read: what another
/// has written is not believed.
fn few<'de, D, R, const MOST: usize>(from: D) -> Result<Vec<R>, D::Error>
where
    D: Deserializer<'de>,
    R: Deserialize<'de>,
{
    from.deserialize_seq(Few::<R, MOST>(PhantomData))
}

struct Few<R, const MOST: usize>(PhantomData<R>);

impl<'de, R: Deserialize<'de>, const MOST: usize> Visitor<'de> for Few<R, MOST> {
    type Value = Vec<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MOST} rows at most")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<R>, A::Error> {
        let mut few = Vec::new();
        while let Some(row) = rows.next_element()? {
            if few.len() == MOST {
                return Err(A::Error::invalid_length(MOST + 1, &self));
            }
            few.push(row);
        }
        Ok(few)
    }
}

/// The figures of a namespace: the sum of its functions', and what belongs to no function, which are invalidations of the
/// namespace and calls by hand. Each of [`Counts`] is a field of it as well: `row.loads`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NamespaceStats {
    /// The namespace.
    pub namespace: String,
    /// What happened there.
    pub counts: Counts,
}

/// The figures of an annotated function, at all types that it is called at. Each of [`Counts`] is a field of it as well:
/// `row.loads`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FunctionStats {
    /// Its path: `shop::users::find`, as [`SiteInfo::function`](crate::SiteInfo::function) has it.
    pub function: String,
    /// Its namespace.
    pub namespace: String,
    /// What its calls came to.
    pub counts: Counts,
    /// What was learnt of its keys, and of how its reads come. Of each list of keys there are the eight heaviest;
    /// [`Cache::insight`](crate::Cache::insight) has all.
    pub insight: Insight,
}

sums! {
    /// Which reads memory of other sizes would have served, by [`Cache::memory_curve`](crate::Cache::memory_curve). Those
    /// of several processes add up to what they would have if each had so many times its own.
    pub struct MemorySizes {
        /// How many reads it is of; zero where nothing is known.
        pub reads: u64,
        /// What a quarter of the memory would have served.
        pub quarter: u64,
        /// What half of the memory would have served.
        pub half: u64,
        /// What memory of its size would have served, by the same estimate.
        pub same: u64,
        /// What twice the memory would have served.
        pub double: u64,
        /// What four times the memory would have served.
        pub fourfold: u64,
        /// Entries in the sample that it is estimated from.
        pub sampled: u64,
    }
}

sums! {
    /// What this process's memory has, over all functions.
    pub struct MemoryStats {
        /// Entries at this moment, counting those that expired and were not yet dropped.
        pub entries: u64,
        /// What these take of the process at this moment, in bytes, with their keys, tags and tables.
        pub bytes: u64,
        /// What they may take, in bytes: `memory_bytes` of the settings.
        pub most_bytes: u64,
        /// Pushes of Redis of a tag, a namespace or everything that made something invalid here, most often as another
        /// process invalidated or expired it. A tag's or namespace's first use anywhere is told of as well.
        pub received_invalidations: u64,
        /// Pushes of Redis of an entry that made something invalid here: it was stored anew, invalidated or expired, or
        /// its lease changed hands. This process's own stores are among them, as Redis tells of those too.
        pub received_changes: u64,
        /// Which reads it would have served if it were of another size.
        pub sizes: MemorySizes,
    }
}

impl Stats {
    /// The row of one namespace, if anything happened there and it has its own.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<&NamespaceStats> {
        self.namespaces.iter().find(|row| row.namespace == name)
    }

    /// The row of the function of this path, if it was called and has its own.
    #[must_use]
    pub fn function(&self, path: &str) -> Option<&FunctionStats> {
        self.functions.iter().find(|row| row.function == path)
    }
}

/// A row of a table, which adds up with that of the same name.
trait Row: Sum + Clone {
    fn name(&self) -> (&str, &str);

    /// Takes the name of the row that those share for which there is no room.
    fn share(&mut self);
}

impl Row for NamespaceStats {
    fn name(&self) -> (&str, &str) {
        (&self.namespace, "")
    }

    fn share(&mut self) {
        OTHERS.clone_into(&mut self.namespace);
    }
}

impl Row for FunctionStats {
    fn name(&self) -> (&str, &str) {
        (&self.namespace, &self.function)
    }

    fn share(&mut self) {
        OTHERS.clone_into(&mut self.namespace);
        OTHERS.clone_into(&mut self.function);
    }
}

impl Row for NodeStats {
    fn name(&self) -> (&str, &str) {
        (&self.node, "")
    }

    fn share(&mut self) {
        OTHERS.clone_into(&mut self.node);
    }
}

/// The most rows of a sum. Past them those of other names share one.
const MOST: usize = 16_384;

/// Adds the rows of one table to those of another, which stay in order.
fn add<R: Row>(rows: &mut Vec<R>, others: &[R]) {
    let in_order = |one: &R, other: &R| one.name().cmp(&other.name());
    rows.sort_by(in_order);
    let mut new: Vec<R> = Vec::new();
    for other in others {
        match rows.binary_search_by(|row| row.name().cmp(&other.name())) {
            Ok(at) => rows[at].add(other),
            Err(_) if rows.len() + new.len() < MOST => new.push(other.clone()),
            Err(_) => {
                let mut other = other.clone();
                other.share();
                new.push(other);
            }
        }
    }
    // Two runs in order, which are merged.
    new.sort_by(in_order);
    rows.extend(new);
    rows.sort_by(in_order);
    rows.dedup_by(|later, row| {
        let is_same = later.name() == row.name();
        if is_same {
            row.add(later);
        }
        is_same
    });
}

impl AddAssign<&Self> for Stats {
    fn add_assign(&mut self, other: &Self) {
        add(&mut self.namespaces, &other.namespaces);
        add(&mut self.functions, &other.functions);
        self.memory.add(&other.memory);
        add(&mut self.nodes, &other.nodes);
        self.processes.add(&other.processes);
        self.counted_ms.add(&other.counted_ms);
    }
}

impl Sum for NamespaceStats {
    fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
    }
}

impl Sum for FunctionStats {
    fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.insight += &other.insight;
    }
}

impl Deref for NamespaceStats {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.counts
    }
}

impl DerefMut for NamespaceStats {
    fn deref_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }
}

impl Deref for FunctionStats {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.counts
    }
}

impl DerefMut for FunctionStats {
    fn deref_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }
}

/// The rows that links tell of, one for each node.
pub(crate) fn by_node(links: Vec<NodeStats>) -> Vec<NodeStats> {
    let mut nodes = Vec::new();
    add(&mut nodes, &links);
    nodes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::events::{BreakerState, Event, Events, Learnt, Miss, RedisHealth, Tier};

    fn counted() -> Stats {
        let events = Events::default();
        let (namespace, counters) = ("shop", events.function("shop", "app::find"));
        for event in [
            Event::Miss(Miss::Absent),
            Event::Hit(Tier::Redis),
            Event::Read(Duration::from_micros(90)),
            Event::Stored { bytes: 700 },
            Event::Trouble {
                doing: "read",
                cause: "timeout",
            },
        ] {
            events.emit(namespace, &counters, event);
        }
        events.snapshot(Learnt::NOTHING)
    }

    #[test]
    fn another_process_reads_what_it_knows_and_zero_for_what_is_missing() {
        let stats = counted();
        let text = serde_json::to_string(&stats).unwrap();
        assert_eq!(serde_json::from_str::<Stats>(&text).unwrap(), stats);
        let mut other: serde_json::Value = serde_json::from_str(&text).unwrap();
        let counts = other["functions"][0]["counts"].as_object_mut().unwrap();
        counts.insert("unheard_of".to_owned(), 7.into());
        assert!(counts.remove("evictions").is_some());
        assert_eq!(serde_json::from_value::<Stats>(other).unwrap(), stats);
        assert_eq!(
            serde_json::from_str::<Stats>("{}").unwrap(),
            Stats::default()
        );
    }

    #[test]
    fn rows_of_one_name_add_up_and_all_others_stay_in_order() {
        let mut sum = counted();
        sum += &counted();
        let mut other = counted();
        other.namespaces[0].namespace = "a".to_owned();
        other.functions[0].function = "app::all".to_owned();
        sum += &other;
        let names: Vec<_> = sum.namespaces.iter().map(|row| &*row.namespace).collect();
        assert_eq!(names, ["a", "shop"]);
        let paths: Vec<_> = sum.functions.iter().map(|row| &*row.function).collect();
        assert_eq!(paths, ["app::all", "app::find"]);
        let shop = sum.namespace("shop").unwrap();
        assert_eq!(
            (shop.redis_hits, shop.misses.absent, shop.stored_bytes),
            (2, 2, 1_400)
        );
        assert_eq!(shop.read_time.total(), Duration::from_micros(180));
        assert_eq!(shop.troubles["read: timeout"], 2);
    }

    #[test]
    fn of_a_node_it_is_the_worst_and_the_sum_of_counts() {
        let one = NodeStats {
            state: RedisHealth::Up,
            tracking: true,
            pushes: 3,
            heartbeat_age: Some(Duration::from_millis(5)),
            staleness_bound: Duration::from_millis(5),
            ..NodeStats::default()
        };
        let other = NodeStats {
            state: RedisHealth::Down {
                since: Duration::from_secs(1),
                cause: "down".to_owned(),
            },
            breaker: BreakerState::Open,
            pushes: 4,
            staleness_bound: Duration::from_secs(2),
            ..NodeStats::default()
        };
        for (first, second) in [(&one, &other), (&other, &one)] {
            let nodes = by_node(vec![first.clone(), second.clone()]);
            let [node] = nodes.as_slice() else {
                panic!("{nodes:?}")
            };
            assert_eq!(
                (&node.state, node.breaker),
                (&other.state, BreakerState::Open)
            );
            assert_eq!((node.tracking, node.pushes), (false, 7));
            assert_eq!(node.heartbeat_age, one.heartbeat_age);
            assert_eq!(node.staleness_bound, other.staleness_bound);
        }
    }

    #[test]
    fn what_is_as_large_as_can_be_adds_up_without_a_panic() {
        let mut most = counted();
        let counts = &mut most.namespaces[0].counts;
        (counts.memory_hits, counts.redis_hits, counts.loads) = (u64::MAX, u64::MAX, u64::MAX);
        (counts.failed_loads, counts.calls.memory) = (u64::MAX, u64::MAX);
        counts.troubles.insert("x".to_owned(), u64::MAX);
        let mut sum = most.clone();
        sum += &most;
        let row = &sum.namespaces[0];
        assert_eq!((row.hits(), row.calls.total()), (u64::MAX, u64::MAX));
        assert!(row.saved_cost() >= 0.0 && sum.to_string().lines().count() == 2);
    }

    #[test]
    fn a_sum_of_many_processes_has_an_end_and_loses_nothing() {
        let mut sum = Stats::default();
        for process in 0..20 {
            let mut stats = Stats::default();
            for at in 0..1_000 {
                let mut row = NamespaceStats {
                    namespace: format!("tenant-{process}-{at:04}"),
                    ..NamespaceStats::default()
                };
                row.loads = 1;
                stats.namespaces.push(row);
            }
            sum += &stats;
        }
        assert_eq!(sum.namespaces.len(), MOST + 1);
        let loads = sum.namespaces.iter().map(|row| row.loads).sum::<u64>();
        assert_eq!(loads, 20_000);
        assert!(
            sum.namespaces
                .is_sorted_by(|one, other| one.name() < other.name())
        );
        assert_eq!(sum.namespace(OTHERS).unwrap().loads, 20_000 - MOST as u64);
    }
}
