//! The counters of one function, or of what belongs to none in a namespace.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::histogram::{Sizes, Times};
use super::striped::Striped;
use super::{Counts, Event, Loaded, Miss, MissStats, Tier, Unstored, UnstoredStats};

/// How many kinds of trouble are counted apart; further ones are counted by their step alone.
const MOST: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    memory_hits: Striped,
    redis_hits: AtomicU64,
    stale_hits: AtomicU64,
    stale_on_error: AtomicU64,
    skipped_refreshes: AtomicU64,
    timed_out_loads: AtomicU64,
    remembered_errors: AtomicU64,
    misses: [AtomicU64; Miss::COUNT],
    loads: [AtomicU64; Loaded::COUNT],
    unstored: [AtomicU64; Unstored::COUNT],
    load_time: Times,
    /// In millionths.
    load_cost: AtomicU64,
    read_time: Times,
    stored_sizes: Sizes,
    followers: AtomicU64,
    waiting: AtomicU64,
    invalidations: AtomicU64,
    /// By step and cause.
    troubles: Mutex<BTreeMap<(&'static str, String), u64>>,
}

impl Counters {
    /// A hit in memory: the one count on the hot path.
    #[inline]
    pub(crate) fn memory_hit(&self) {
        self.memory_hits.add_one();
    }

    pub(super) fn count(&self, event: Event<'_>) {
        match event {
            Event::Hit(Tier::Memory) => self.memory_hits.add_one(),
            Event::Hit(Tier::Redis) => add(&self.redis_hits, 1),
            Event::Stale => add(&self.stale_hits, 1),
            Event::StaleOnError => add(&self.stale_on_error, 1),
            Event::RefreshSkipped => add(&self.skipped_refreshes, 1),
            Event::LoadTimedOut => add(&self.timed_out_loads, 1),
            Event::ErrorRemembered => add(&self.remembered_errors, 1),
            Event::Miss(why) => add(&self.misses[why as usize], 1),
            Event::Read(took) => self.read_time.record(took),
            Event::Load { took, end, cost } => {
                add(&self.loads[end as usize], 1);
                let sum = |before: u64| Some(before.saturating_add(cost));
                let _ = (self.load_cost).fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
                self.load_time.record(took);
            }
            Event::Stored { bytes } => self.stored_sizes.record(bytes),
            Event::Unstored(why) => add(&self.unstored[why as usize], 1),
            Event::FollowerCame => {
                add(&self.followers, 1);
                add(&self.waiting, 1);
            }
            Event::FollowerLeft => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
            }
            Event::Invalidated => add(&self.invalidations, 1),
            Event::Trouble { doing, cause } => {
                let mut troubles = self.troubles.lock();
                let mut of = (doing, cause.to_owned());
                if troubles.len() >= MOST && !troubles.contains_key(&of) {
                    of.1 = "others".to_owned();
                }
                let count = troubles.entry(of).or_default();
                *count = count.saturating_add(1);
            }
        }
    }

    pub(super) fn snapshot(&self) -> Counts {
        let stored_sizes = self.stored_sizes.snapshot();
        Counts {
            memory_hits: self.memory_hits.sum(),
            redis_hits: get(&self.redis_hits),
            stale_hits: get(&self.stale_hits),
            stale_on_error: get(&self.stale_on_error),
            skipped_refreshes: get(&self.skipped_refreshes),
            misses: MissStats::of(&self.misses),
            loads: get(&self.loads[Loaded::Ok as usize]),
            failed_loads: get(&self.loads[Loaded::Failed as usize]),
            timed_out_loads: get(&self.timed_out_loads),
            remembered_errors: get(&self.remembered_errors),
            abandoned_loads: get(&self.loads[Loaded::Abandoned as usize]),
            load_time: self.load_time.snapshot(),
            load_cost_millionths: get(&self.load_cost),
            read_time: self.read_time.snapshot(),
            stores: stored_sizes.count(),
            stored_bytes: stored_sizes.total(),
            stored_sizes,
            unstored: UnstoredStats::of(&self.unstored),
            followers: get(&self.followers),
            waiting: get(&self.waiting),
            invalidations: get(&self.invalidations),
            troubles: self.troubles(),
            ..Counts::default()
        }
    }

    fn troubles(&self) -> BTreeMap<String, u64> {
        let troubles = self.troubles.lock();
        let named = troubles
            .iter()
            .map(|((doing, cause), count)| (format!("{doing}: {cause}"), *count));
        named.collect()
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_limit_troubles_are_counted_by_their_step() {
        let counters = Counters::default();
        for n in 0..2 * MOST {
            let cause = &*n.to_string();
            counters.count(Event::Trouble {
                doing: "read",
                cause,
            });
        }
        let troubles = counters.snapshot().troubles;
        assert_eq!(troubles.len(), MOST + 1);
        assert_eq!(troubles["read: others"], MOST as u64);
    }
}
