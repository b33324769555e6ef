//! The statistics as a caller reads them, and as a table.

use std::collections::BTreeMap;
use std::fmt;

use super::{HistogramSnapshot, MissStats, UnstoredStats};

/// The statistics of a cache since it was built. `Display` prints them as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// A row for each namespace, by name. Past 1,024 of them all others share the row `(others)`.
    pub namespaces: Vec<NamespaceStats>,
}

impl Stats {
    /// The row of one namespace, if anything happened there and it has its own.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<&NamespaceStats> {
        self.namespaces.iter().find(|row| row.namespace == name)
    }
}

/// What happened in one namespace, as counts since the cache was built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamespaceStats {
    /// The namespace.
    pub namespace: String,
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
    /// How long reads from Redis took, hit or miss.
    pub read_time: HistogramSnapshot,
    /// Values stored.
    pub stores: u64,
    /// What stored values took in all, in bytes as stored.
    pub stored_bytes: u64,
    /// Values returned and not stored, by cause.
    pub unstored: UnstoredStats,
    /// Callers that waited for another caller's load.
    pub followers: u64,
    /// Callers that wait for another caller's load at this moment.
    pub waiting: u64,
    /// Invalidations of an entry, of the namespace, or of everything.
    pub invalidations: u64,
    /// Steps that went wrong, as `step: cause`; callers were served by the origin.
    pub troubles: BTreeMap<String, u64>,
}

impl NamespaceStats {
    /// Reads served from a cache tier, stale ones included.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.memory_hits + self.redis_hits + self.stale_hits
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
        let loads = self.loads + self.failed_loads + self.abandoned_loads;
        match loads {
            0 => 0.0,
            loads => self.load_cost() / loads as f64 * self.hits() as f64,
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .namespaces
            .iter()
            .map(|row| row.namespace.len())
            .fold("namespace".len(), usize::max);
        writeln!(
            f,
            "{:width$}  {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>10} {:>9}",
            "namespace",
            "memory",
            "redis",
            "misses",
            "loads",
            "followers",
            "load p50",
            "stored",
            "troubles",
        )?;
        for row in &self.namespaces {
            writeln!(
                f,
                "{:width$}  {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} B {:>9}",
                row.namespace,
                row.memory_hits,
                row.redis_hits,
                row.misses.total(),
                row.loads,
                row.followers,
                row.load_time
                    .quantile(0.5)
                    .map_or_else(|| "-".to_owned(), |took| format!("≤{took:?}")),
                row.stored_bytes,
                row.troubles.values().sum::<u64>(),
            )?;
        }
        Ok(())
    }
}
