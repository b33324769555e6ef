//! What calls ended with: each is counted once, when it ends.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Served;
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

/// What one call ended with, where the cache had a part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum CallEnd {
    Memory,
    Redis,
    Stale,
    Shared,
    Loaded,
    Failed,
    Cancelled,
}

impl CallEnd {
    const ALL: [Self; 7] = [
        Self::Memory,
        Self::Redis,
        Self::Stale,
        Self::Shared,
        Self::Loaded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// That of a call that was given a value.
    pub(super) fn of(served: Served) -> Self {
        match served {
            Served::Memory => Self::Memory,
            Served::Redis => Self::Redis,
            Served::Stale => Self::Stale,
            Served::Shared => Self::Shared,
            // Without the cache its body ran.
            Served::Loaded | Served::Uncached => Self::Loaded,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Self {
        let at = Self::ALL.get(usize::from(byte));
        at.copied().unwrap_or(Self::Loaded)
    }
}

/// The counts of ends.
#[derive(Debug, Default)]
pub(super) struct Ends([AtomicU64; CallEnd::ALL.len()]);

impl Ends {
    pub(super) fn add(&self, end: CallEnd, calls: u32) {
        self.0[end as usize].fetch_add(u64::from(calls), Ordering::Relaxed);
    }

    /// One that was counted did not end yet.
    pub(super) fn take_back(&self, end: CallEnd) {
        self.0[end as usize].fetch_sub(1, Ordering::Relaxed);
    }

    /// As a caller reads them, with those that ended at the first look in memory, and those that had no cache.
    pub(super) fn snapshot(&self, at_once: u64, uncached: UncachedStats) -> CallStats {
        let of = |end: CallEnd| self.0[end as usize].load(Ordering::Relaxed);
        CallStats {
            memory: of(CallEnd::Memory).saturating_add(at_once),
            redis: of(CallEnd::Redis),
            stale: of(CallEnd::Stale),
            shared: of(CallEnd::Shared),
            loaded: of(CallEnd::Loaded),
            failed: of(CallEnd::Failed),
            cancelled: of(CallEnd::Cancelled),
            uncached,
        }
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
