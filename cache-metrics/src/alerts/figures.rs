//! What the rules look at: what was counted within the last five minutes, and what is there now.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use cache_runtime::{BreakerState, RedisHealth};

use crate::rate::{APART, Rate, WINDOW};
use crate::seen::Seen;

/// What was counted of a cache since it was built, and how it is, at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// Reads by namespace.
    pub(super) reads: BTreeMap<String, Rate>,
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) evictions: u64,
    /// How long hits in Redis took: upper bounds in seconds, and how many there were in each bucket.
    pub(super) redis_hits: Vec<(f64, u64)>,
    /// What entries take of memory, and may take.
    pub(super) memory: (u64, u64),
    pub(super) owed: u64,
    pub(super) nodes: Vec<Node>,
    /// What the data of each server takes, and may take.
    pub(super) servers: Vec<(String, f64, f64)>,
}

/// How a node is.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) node: String,
    pub(super) is_closed: bool,
    pub(super) is_tracking: bool,
    pub(super) is_up: bool,
}

/// A figure of a rule, or several that are held against its limits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    /// The namespace or the node; empty for the process.
    pub(super) about: String,
    pub(super) figures: Vec<f64>,
}

impl Measured {
    fn of(about: &str, figures: &[f64]) -> Self {
        Self {
            about: about.to_owned(),
            figures: figures.to_vec(),
        }
    }
}

impl Look {
    pub(super) fn of(seen: &Seen) -> Self {
        let counts = || seen.namespaces.values();
        let reads = seen.namespaces.iter();
        let reads = reads.map(|(namespace, counts)| (namespace.clone(), Rate::of(counts)));
        let mut redis_hits: Vec<(f64, u64)> = Vec::new();
        for counts in counts() {
            let buckets = counts.redis_hit_time.buckets();
            for (at, (bound, count)) in buckets.enumerate() {
                match redis_hits.get_mut(at) {
                    Some((_, sum)) => *sum = sum.saturating_add(count),
                    None => redis_hits.push((bound.as_secs_f64(), count)),
                }
            }
        }
        let memory = &seen.stats.memory;
        let nodes = seen.stats.nodes.iter().map(|node| Node {
            node: node.node.clone(),
            is_closed: node.breaker == BreakerState::Closed,
            is_tracking: node.tracking,
            is_up: node.state == RedisHealth::Up,
        });
        let servers = seen.servers.iter().filter_map(|server| {
            let used = server.number("used_memory")?;
            Some((server.node.clone(), used, server.number("maxmemory")?))
        });
        Self {
            reads: reads.collect(),
            calls: counts().map(|counts| counts.calls.total()).sum(),
            errors: counts().flat_map(|counts| counts.troubles.values()).sum(),
            evictions: counts().map(|counts| counts.evictions).sum(),
            redis_hits,
            memory: (memory.bytes, memory.most_bytes),
            owed: seen.health.owed_invalidations as u64,
            nodes: nodes.collect(),
            servers: servers.collect(),
        }
    }
}

/// Looks of late.
#[derive(Debug, Default)]
pub(super) struct Looks(VecDeque<(Instant, Look)>);

impl Looks {
    /// What came since the oldest look of the window, of at least `least` reads or calls where it is a share of these.
    pub(super) fn figures(&mut self, now: Instant, look: Look, least: u64) -> Figures {
        // One that is just out of the window is where it begins.
        while (self.0.get(1)).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.0.pop_front();
        }
        let before = self.0.front().map(|(_, look)| look.clone());
        let last = self.0.back();
        if last.is_none_or(|(at, _)| now.duration_since(*at) >= APART) {
            self.0.push_back((now, look.clone()));
        }
        Figures {
            now: look,
            before,
            least: least.max(1),
        }
    }
}

/// What the rules look at. What is a share needs a look before, and enough of what it is a share of.
#[derive(Debug)]
pub(super) struct Figures {
    now: Look,
    before: Option<Look>,
    least: u64,
}

impl Figures {
    /// Which share of all reads were hits.
    pub(super) fn hit_rate(&self) -> Vec<Measured> {
        let all = self.reads().into_iter();
        let all = all.fold(Rate::default(), |all, (_, rate)| all.and(rate));
        let told = (all.reads() >= self.least).then(|| Measured::of("", &[all.hits()]));
        Vec::from_iter(told)
    }

    /// Which share of the reads of each namespace missed.
    pub(super) fn miss_rates(&self) -> Vec<Measured> {
        let rates = self.reads().into_iter();
        let rates = rates.filter(|(_, rate)| rate.reads() >= self.least);
        rates
            .map(|(namespace, rate)| Measured::of(namespace, &[rate.misses()]))
            .collect()
    }

    /// How many steps went wrong for each call.
    pub(super) fn errors(&self) -> Vec<Measured> {
        let errors = self.since(|look| look.errors);
        let told = self
            .of_calls(errors)
            .map(|share| Measured::of("", &[share]));
        Vec::from_iter(told)
    }

    /// How full memory is, and how many entries each call made it drop.
    pub(super) fn memory(&self) -> Vec<Measured> {
        let (bytes, most) = self.now.memory;
        let evictions = self.since(|look| look.evictions);
        let told = self.of_calls(evictions).filter(|_| most > 0);
        let told = told.map(|share| Measured::of("", &[ratio(bytes, most), share]));
        Vec::from_iter(told)
    }

    /// The time that one of a hundred hits in Redis takes longer than, in seconds.
    pub(super) fn slowest_hits(&self) -> Vec<Measured> {
        let Some(before) = &self.before else {
            return Vec::new();
        };
        let before = before.redis_hits.iter().map(|(_, count)| *count);
        let before = before.chain(std::iter::repeat(0));
        let since = self.now.redis_hits.iter().zip(before);
        let since: Vec<_> = since
            .map(|((bound, count), before)| (*bound, count.saturating_sub(before)))
            .collect();
        let told = quantile(&since, 0.99, self.least);
        Vec::from_iter(told.map(|p99| Measured::of("", &[p99])))
    }

    /// Whether the breaker of each node is closed.
    pub(super) fn breakers(&self) -> Vec<Measured> {
        let nodes = self.now.nodes.iter();
        nodes
            .map(|node| Measured::of(&node.node, &[is(node.is_closed)]))
            .collect()
    }

    /// Whether each node tells of changes, and is up.
    pub(super) fn pushes(&self) -> Vec<Measured> {
        let nodes = self.now.nodes.iter();
        nodes
            .map(|node| Measured::of(&node.node, &[is(node.is_tracking), is(node.is_up)]))
            .collect()
    }

    pub(super) fn owed(&self) -> Vec<Measured> {
        vec![Measured::of("", &[number(self.now.owed)])]
    }

    /// How full the memory of each server is that has a limit.
    pub(super) fn servers_memory(&self) -> Vec<Measured> {
        let servers = self.now.servers.iter();
        let limited = servers.filter(|(_, _, most)| *most > 0.0);
        limited
            .map(|(node, used, most)| Measured::of(node, &[used / most]))
            .collect()
    }

    /// The reads of each namespace since the look before.
    fn reads(&self) -> Vec<(&str, Rate)> {
        let Some(before) = &self.before else {
            return Vec::new();
        };
        let since = self.now.reads.iter().map(|(namespace, rate)| {
            let before = before.reads.get(namespace).copied().unwrap_or_default();
            (namespace.as_str(), rate.since(before))
        });
        since.collect()
    }

    fn since(&self, of: impl Fn(&Look) -> u64) -> u64 {
        let before = self.before.as_ref().map_or(0, &of);
        of(&self.now).saturating_sub(before)
    }

    /// As a share of the calls, where there were enough.
    fn of_calls(&self, count: u64) -> Option<f64> {
        let calls = self.since(|look| look.calls);
        let is_enough = self.before.is_some() && calls >= self.least;
        is_enough.then(|| ratio(count, calls))
    }
}

fn is(so: bool) -> f64 {
    f64::from(u8::from(so))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share, or a count that is shown"
)]
fn number(count: u64) -> f64 {
    count as f64
}

fn ratio(count: u64, of: u64) -> f64 {
    number(count) / number(of.max(1))
}

/// The quantile of values in buckets, where there are enough: within its bucket they are taken to be spread evenly, as
/// [`histogram_quantile`](https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) does.
fn quantile(buckets: &[(f64, u64)], quantile: f64, least: u64) -> Option<f64> {
    let all: u64 = buckets.iter().map(|(_, count)| count).sum();
    if all < least {
        return None;
    }
    let rank = number(all) * quantile;
    let (mut below, mut lower) = (0.0, 0.0);
    for (bound, count) in buckets {
        let count = number(*count);
        if count > 0.0 && below + count >= rank {
            return Some(lower + (bound - lower) * ((rank - below) / count).clamp(0.0, 1.0));
        }
        (below, lower) = (below + count, *bound);
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_quantile_is_within_its_bucket_and_none_of_few() {
        let buckets = [(1.0, 50), (2.0, 40), (4.0, 10)];
        let near = |one: Option<f64>, other: f64| (one.unwrap() - other).abs() < 1e-9;
        assert!(near(quantile(&buckets, 0.99, 1), 3.8));
        assert!(near(quantile(&buckets, 0.5, 100), 1.0));
        assert_eq!(quantile(&buckets, 0.99, 101), None);
        assert_eq!(quantile(&[], 0.99, 1), None);
    }

    #[test]
    fn figures_are_of_the_window_and_there_are_none_of_little() {
        let (mut looks, start) = (Looks::default(), Instant::now());
        let look = |errors, calls| Look {
            errors,
            calls,
            ..Look::default()
        };
        let mut at = |seconds, errors, calls| {
            let now = start + Duration::from_secs(seconds);
            looks.figures(now, look(errors, calls), 100).errors()
        };
        assert_eq!(at(0, 50, 1_000), [], "nothing came before");
        assert_eq!(at(15, 60, 1_099), [], "it is of few calls");
        assert_eq!(at(30, 75, 1_100)[0].figures, [0.25]);
        // The look at 0 is out of the window; that at 15 begins it.
        assert_eq!(at(315, 75, 1_299)[0].figures, [0.075]);
        assert_eq!(looks.0.len(), 3);
    }
}
