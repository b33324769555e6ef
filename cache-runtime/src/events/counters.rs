//! The counters of one function, or of what belongs to none in a namespace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::audits::Audits;
use super::calls::Ends;
use super::histogram::Sizes;
use super::striped::Striped;
use super::{
    Audited, CallEnd, Counts, Event, Loaded, Miss, MissStats, Tier, Times, Uncached, UncachedStats,
    Unstored, UnstoredStats,
};
use crate::clock::Moment;
use crate::sketch::{BeforeTtl, EncodedKey, Sketch};

/// How many kinds of trouble are counted apart; further ones are counted by their step alone.
const MOST: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Calls that ended with the first look in memory.
    memory_hits: Striped,
    /// Hits of calls that looked again, or that read by hand.
    later_hits: AtomicU64,
    /// Hits of a first look whose value did not serve the call.
    refused_hits: AtomicU64,
    ends: Ends,
    uncached: [AtomicU64; Uncached::COUNT],
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
    memory_hit_time: Times,
    redis_hit_time: Times,
    read_time: Times,
    own_time: Times,
    stored_sizes: Sizes,
    compared: AtomicU64,
    unchanged: AtomicU64,
    audits: Audits,
    outdated_age: Times,
    followers: AtomicU64,
    waiting: AtomicU64,
    lease_waits: AtomicU64,
    invalidations: AtomicU64,
    received_invalidations: AtomicU64,
    evictions: AtomicU64,
    memory_entries: AtomicU64,
    memory_bytes: AtomicU64,
    /// By step and cause.
    troubles: Mutex<BTreeMap<(&'static str, String), u64>>,
    /// Invalidations of which it is known whether there was anything, and those that hit nothing.
    checked_invalidations: AtomicU64,
    void_invalidations: AtomicU64,
    /// What is learnt of its keys, if it is a function's.
    sketch: Option<Arc<Sketch>>,
}

impl Counters {
    /// Of a function.
    pub(super) fn of_function(sketch: Arc<Sketch>) -> Self {
        Self {
            sketch: Some(sketch),
            ..Self::default()
        }
    }

    /// What is learnt of the function's keys, if it is one.
    pub(crate) fn sketch(&self) -> Option<&Arc<Sketch>> {
        self.sketch.as_ref()
    }

    /// Looks at what was counted, where another hour has begun.
    pub(crate) fn look(&self, now: Moment) {
        if let Some(sketch) = self
            .sketch
            .as_ref()
            .filter(|sketch| sketch.is_new_hour(now))
        {
            self.look_for(sketch, now);
        }
    }

    /// Looks at what was counted. Of functions that share a sketch the counts are not one ascending number, so that
    /// there are no hours of them.
    pub(super) fn look_for(&self, sketch: &Sketch, now: Moment) {
        if !sketch.is_shared() {
            let misses = MissStats::of(&self.misses).total();
            sketch.look(now, self.hits(), misses);
        }
    }

    fn hits(&self) -> u64 {
        let others = [&self.later_hits, &self.redis_hits, &self.stale_hits].map(get);
        self.memory_hits.sum() + others.into_iter().sum::<u64>()
    }

    /// What was counted until a ttl came into force, so many milliseconds after the cache was built.
    pub(crate) fn before(&self, counted_ms: u64) -> BeforeTtl {
        BeforeTtl {
            counted_ms,
            hits: self.hits(),
            loads: get(&self.loads[Loaded::Ok as usize]),
            compared: get(&self.compared),
            unchanged: get(&self.unchanged),
        }
    }

    /// An invalidation was carried out of which it is known whether there was anything to invalidate.
    pub(crate) fn invalidation_checked(&self, is_void: bool) {
        add(&self.checked_invalidations, 1);
        if is_void {
            add(&self.void_invalidations, 1);
        }
    }
    /// A call that the first look in memory ends: the one count on the hot path.
    #[inline]
    pub(crate) fn memory_hit(&self) {
        self.memory_hits.add_one();
    }

    /// How long one of these took, of some, and which key it was of.
    pub(crate) fn memory_hit_took(&self, took: Duration, key: EncodedKey<'_>, now: Moment) {
        self.memory_hit_time.record(took);
        if let Some(sketch) = &self.sketch {
            sketch.hit(key);
            self.look(now);
        }
    }

    /// The value of such a hit, which may have been stale, did not serve the call.
    pub(crate) fn hit_refused(&self, is_stale: bool) {
        match is_stale {
            true => self.ends.take_back(CallEnd::Stale),
            false => add(&self.refused_hits, 1),
        }
    }

    pub(crate) fn ended(&self, end: CallEnd, calls: u32) {
        self.ends.add(end, calls);
    }

    /// A call that runs without the cache.
    pub(crate) fn uncached(&self, why: Uncached) {
        add(&self.uncached[why as usize], 1);
    }

    pub(super) fn redis_hit_took(&self, took: Duration) {
        self.redis_hit_time.record(took);
    }

    pub(super) fn own_took(&self, took: Duration) {
        self.own_time.record(took);
    }

    pub(super) fn received(&self) {
        add(&self.received_invalidations, 1);
    }

    /// An entry is in memory from now on.
    pub(crate) fn entered(&self, bytes: u64) {
        add(&self.memory_entries, 1);
        add(&self.memory_bytes, bytes);
    }

    /// It is there no more.
    pub(crate) fn left(&self, bytes: u64) {
        self.memory_entries.fetch_sub(1, Ordering::Relaxed);
        self.memory_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// It left to make room.
    pub(crate) fn evicted(&self) {
        add(&self.evictions, 1);
    }

    pub(super) fn count(&self, event: Event<'_>) {
        match event {
            Event::Hit(Tier::Memory) => add(&self.later_hits, 1),
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
            Event::Compared { is_unchanged } => {
                add(&self.compared, 1);
                add(&self.unchanged, u64::from(is_unchanged));
            }
            Event::Audited(end) => {
                self.audits.count(end);
                if let Audited::Outdated(age) = end {
                    self.outdated_age.record(age);
                }
            }
            Event::Unstored(why) => add(&self.unstored[why as usize], 1),
            Event::FollowerCame => {
                add(&self.followers, 1);
                add(&self.waiting, 1);
            }
            Event::FollowerLeft => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
            }
            Event::LeaseAwaited => add(&self.lease_waits, 1),
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

    pub(crate) fn snapshot(&self) -> Counts {
        let stored_sizes = self.stored_sizes.snapshot();
        let refused = get(&self.refused_hits);
        let hits = self.memory_hits.sum();
        let uncached = UncachedStats::of(&self.uncached);
        Counts {
            calls: self.ends.snapshot(hits.saturating_sub(refused), uncached),
            memory_hits: hits + get(&self.later_hits),
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
            memory_hit_time: self.memory_hit_time.snapshot(),
            redis_hit_time: self.redis_hit_time.snapshot(),
            read_time: self.read_time.snapshot(),
            own_time: self.own_time.snapshot(),
            stores: stored_sizes.count(),
            stored_bytes: stored_sizes.total(),
            stored_sizes,
            compared: get(&self.compared),
            unchanged: get(&self.unchanged),
            audits: self.audits.snapshot(),
            outdated_age: self.outdated_age.snapshot(),
            unstored: UnstoredStats::of(&self.unstored),
            followers: get(&self.followers),
            waiting: get(&self.waiting),
            lease_waits: get(&self.lease_waits),
            invalidations: get(&self.invalidations),
            checked_invalidations: get(&self.checked_invalidations),
            void_invalidations: get(&self.void_invalidations),
            received_invalidations: get(&self.received_invalidations),
            evictions: get(&self.evictions),
            memory_entries: get(&self.memory_entries),
            memory_bytes: get(&self.memory_bytes),
            troubles: self.troubles(),
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
