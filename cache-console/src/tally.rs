//! What calls came to, in the few counts that pages are made of.

use std::ops::Add;
use std::time::Duration;

use cache_runtime::Counts;
use serde::Serialize;

use crate::shown::{PerSecond, Share};

/// The counts of a namespace or a function, in all or of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Calls that have ended.
    pub(crate) calls: u64,
    /// Of these, those that a tier served.
    pub(crate) hits: u64,
    /// And those that waited for a load or ran one. Others ran without the cache, or were dropped.
    pub(crate) misses: u64,
    /// Loads that ended, however they did.
    pub(crate) loads: u64,
    /// Of these, those that gave no value.
    pub(crate) failed: u64,
}

/// What is told of some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Rates {
    pub(crate) calls: PerSecond,
    pub(crate) hits: PerSecond,
    pub(crate) loads: PerSecond,
    pub(crate) hit_rate: Share,
}

impl Tally {
    pub(crate) fn of(counts: &Counts) -> Self {
        let calls = &counts.calls;
        let sum = |some: [u64; 3]| some.into_iter().fold(0, u64::saturating_add);
        let without = counts.failed_loads.saturating_add(counts.abandoned_loads);
        Self {
            calls: calls.total(),
            hits: sum([calls.memory, calls.redis, calls.stale]),
            misses: sum([calls.shared, calls.loaded, calls.failed]),
            loads: counts.loads.saturating_add(without),
            failed: without,
        }
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(before.calls),
            hits: self.hits.saturating_sub(before.hits),
            misses: self.misses.saturating_sub(before.misses),
            loads: self.loads.saturating_sub(before.loads),
            failed: self.failed.saturating_sub(before.failed),
        }
    }

    /// As many as there would have been in so many times the time.
    pub(crate) fn stretched(self, times: f64) -> Self {
        let of = |count: u64| (count as f64 * times).round() as u64;
        Self {
            calls: of(self.calls),
            hits: of(self.hits),
            misses: of(self.misses),
            loads: of(self.loads),
            failed: of(self.failed),
        }
    }

    pub(crate) fn hit_rate(self) -> Share {
        Share::of(self.hits, self.hits.saturating_add(self.misses))
    }

    pub(crate) fn rates(self, over: Duration) -> Rates {
        Rates {
            calls: PerSecond::of(self.calls, over),
            hits: PerSecond::of(self.hits, over),
            loads: PerSecond::of(self.loads, over),
            hit_rate: self.hit_rate(),
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            hits: self.hits.saturating_add(other.hits),
            misses: self.misses.saturating_add(other.misses),
            loads: self.loads.saturating_add(other.loads),
            failed: self.failed.saturating_add(other.failed),
        }
    }
}
