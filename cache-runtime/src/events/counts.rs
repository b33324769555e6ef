//! The figures that a function and a namespace have.

use std::collections::BTreeMap;

use super::sums::sums;
use super::{AuditStats, CallStats, HistogramSnapshot, MissStats, SizeSnapshot, UnstoredStats};

sums! {
    /// What happened in one namespace or function, as counts since the cache was built. Those of several add up field by
    /// field: what is there at this moment, too, as each process has its own.
    pub struct Counts {
        /// What calls ended with.
        pub calls: CallStats,
        /// Reads served from this process's memory.
        pub memory_hits: u64,
        /// Reads served from Redis.
        pub redis_hits: u64,
        /// Reads served a value past its ttl, within its `stale` window: while another call refreshed
        /// it, or as its load failed.
        pub stale_hits: u64,
        /// Loads that failed where a stale value was there to serve instead: the origin is in trouble,
        /// and callers do not see it.
        pub stale_on_error: u64,
        /// Reads served a stale value without a refresh, as `max_refreshes` were under way.
        pub skipped_refreshes: u64,
        /// Reads that found nothing fresh to serve, by cause.
        pub misses: MissStats,
        /// Loads that gave a value.
        pub loads: u64,
        /// Loads that gave the origin's error, or took too long.
        pub failed_loads: u64,
        /// Failed loads that `load_timeout` ended.
        pub timed_out_loads: u64,
        /// Calls that were returned the error of an earlier load, as `error_ttl` says.
        pub remembered_errors: u64,
        /// Loads whose caller went away, or that panicked.
        pub abandoned_loads: u64,
        /// How long loads took, however they ended.
        pub load_time: HistogramSnapshot,
        /// What loads cost in all, however they ended, in millionths of the unit of `cost_per_load`.
        pub load_cost_millionths: u64,
        /// How long hits in memory took, of one in some 1,000: from the look in the store to the copy of the value. It is
        /// the longer way, as a thread has most of what it hits at hand.
        pub memory_hit_time: HistogramSnapshot,
        /// How long calls took that Redis served, from the miss in memory to the value.
        pub redis_hit_time: HistogramSnapshot,
        /// How long reads from Redis took, hit or miss.
        pub read_time: HistogramSnapshot,
        /// How long calls took that ran their body and returned its value, less what the body took: reads of Redis, the
        /// lease, the store, and waits for other processes.
        pub own_time: HistogramSnapshot,
        /// Values stored.
        pub stores: u64,
        /// What stored values took in all, in bytes as stored.
        pub stored_bytes: u64,
        /// What each stored value took, in bytes as stored.
        pub stored_sizes: SizeSnapshot,
        /// Loads whose value was compared, as it was stored, with the one that it replaced in Redis: that was past its
        /// ttl and still there, or was refreshed before its end (`early`). Most are there within a `stale` window; what
        /// Redis dropped at the end of its ttl can't be compared, nor what was invalidated or is in memory alone.
        pub compared: u64,
        /// Of these, the loads that gave what was there: the same bytes by the same codec. A ttl that most of
        /// [`compared`](Self::compared) are like this under could be longer. A type that writes equal values in another
        /// order each time, as a `HashMap` does, counts as changed.
        pub unchanged: u64,
        /// What audits of hits came to, as [`Policy::audit`](crate::Policy::audit) says.
        pub audits: AuditStats,
        /// How long before a hit was found outdated its value was loaded: how long nobody noticed, at least in part.
        pub outdated_age: HistogramSnapshot,
        /// Values returned and not stored, by cause.
        pub unstored: UnstoredStats,
        /// Callers that waited for another caller's load.
        pub followers: u64,
        /// Callers that wait for another caller's load at this moment.
        pub waiting: u64,
        /// Calls that waited for another process, which had the lease.
        pub lease_waits: u64,
        /// Invalidations of an entry, of the namespace, or of everything, that this process carried out.
        pub invalidations: u64,
        /// Those of them of which it is known whether there was anything to invalidate: of an entry or the
        /// namespace that was invalidated alone, and of several at once where Redis had none of them. Those of tags are
        /// of no namespace, and are not counted.
        pub checked_invalidations: u64,
        /// Those of these that hit nothing: Redis had neither the entry nor a load of it under way, or no stamp of the
        /// namespace, on which its entries rest, and memory had nothing that rests on it either.
        pub void_invalidations: u64,
        /// Pushes of Redis that made something invalid here which rested on the namespace: it was invalidated or expired,
        /// most often by another process. A function's row has none; all such pushes, those of tags as well, are in
        /// [`MemoryStats::received_invalidations`](crate::MemoryStats::received_invalidations).
        pub received_invalidations: u64,
        /// Entries that memory dropped to make room, for another or as `max_entries` says.
        pub evictions: u64,
        /// Entries in memory at this moment, counting those that expired and were not yet dropped.
        pub memory_entries: u64,
        /// What these take of the process at this moment, in bytes, with their keys, tags and tables.
        pub memory_bytes: u64,
        /// Steps that went wrong, as `step: cause`; callers were served by the origin.
        pub troubles: BTreeMap<String, u64>,
    }
}

impl Counts {
    /// Reads served from a cache tier, stale ones included.
    #[must_use]
    pub fn hits(&self) -> u64 {
        let hits = self.memory_hits.saturating_add(self.redis_hits);
        hits.saturating_add(self.stale_hits)
    }

    /// What loads cost in all, in the unit of `cost_per_load`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a sum of money or of time")]
    pub fn load_cost(&self) -> f64 {
        self.load_cost_millionths as f64 / 1e6
    }

    /// What the hits would have cost as loads: each as much as a load did on average, in the unit of `cost_per_load`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a sum of money or of time")]
    pub fn saved_cost(&self) -> f64 {
        let loads = self.loads.saturating_add(self.failed_loads);
        match loads.saturating_add(self.abandoned_loads) {
            0 => 0.0,
            loads => self.load_cost() / loads as f64 * self.hits() as f64,
        }
    }
}
