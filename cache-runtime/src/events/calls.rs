//! What calls ended with: each is counted once, when it ends.

use super::causes::UncachedStats;
use super::sums::sums;

sums! {
    /// What calls of annotated functions ended with: each call that has ended has exactly one outcome. Of a `batch` each
    /// id is a call; [`Cache::get_or_load`](crate::Cache::get_or_load) is one as well. What is read or put by an
    /// [`Entry`](crate::Entry) or by `#[cache_put]` is none.
    pub struct CallStats {
        /// Served from this process's memory.
        pub memory: u64,
        /// Served from Redis.
        pub redis: u64,
        /// Served a value past its ttl.
        pub stale: u64,
        /// Served the value of another call's load, which they waited for.
        pub shared: u64,
        /// Their own body ran and gave the value.
        pub loaded: u64,
        /// Returned an error: that of their body, of another's load, of a load before, or of a limit.
        pub failed: u64,
        /// Dropped before they ended, or ended by a panic.
        pub cancelled: u64,
        /// Ran without the cache, by cause; whatever they returned.
        pub uncached: UncachedStats,
    }
}

impl CallStats {
    /// All calls that have ended.
    #[must_use]
    pub fn total(&self) -> u64 {
        [
            self.memory,
            self.redis,
            self.stale,
            self.shared,
            self.loaded,
            self.failed,
            self.cancelled,
            self.uncached.total(),
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }
}
