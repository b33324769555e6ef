//! What was learnt of one function, as it is told.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Burst, HadSettings, HeavyKeys, Hours, Sequence};

/// What was learnt of a function's keys and of how its reads come, since the cache was built. Two add up, as each part of
/// it says.
///
/// It takes no part in a hit in memory: keys are weighed where their entries are loaded, stored, read from Redis or
/// invalidated, and of hits in memory in one of some 1,000, which is timed anyway. The first 40 functions of a cache that
/// are called have their own; all others share one, which is that of a function `(others)` in a namespace `(others)`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Insight {
    /// The pattern of its keys: the `key = ".."` of its annotation, such as `user:{id}`; else what the parts of the key
    /// are called, as `{org}, {id}`. Empty where it was not called, and for functions that share one.
    pub pattern: String,
    /// The settings that its last load had, by the names of the settings file.
    pub in_force: InForce,
    /// What was counted until its ttl came into force.
    pub before: BeforeTtl,
    /// The keys whose loads took longest in all, in nanoseconds.
    pub by_load_time: HeavyKeys,
    /// The keys that were loaded most often: those that were missed most.
    pub by_loads: HeavyKeys,
    /// The keys whose entry was invalidated most often by itself: those of a tag or a namespace are not known.
    pub by_invalidations: HeavyKeys,
    /// The keys of which most bytes were stored in all, as stored.
    pub by_bytes: HeavyKeys,
    /// The keys that were read most: each read of Redis, and each stale value that a call past memory was served, as one, and hits in memory by the one of
    /// 1,024 that is timed, for as many. Of a key that is hit so often in a thread that is never the one that is timed
    /// nothing is known.
    pub by_reads: HeavyKeys,
    /// Entries that nobody read.
    pub never_read: NeverRead,
    /// Hits and misses by hour.
    pub hours: Hours,
    /// Whether ids follow one another.
    pub sequence: Sequence,
    /// How unevenly reads come.
    pub burst: Burst,
    /// What compression does to its values.
    pub compression: CompressionSeen,
}

impl AddAssign<&Self> for Insight {
    fn add_assign(&mut self, other: &Self) {
        if self.pattern.is_empty() {
            self.pattern.clone_from(&other.pattern);
        }
        self.in_force += &other.in_force;
        self.before += &other.before;
        self.by_load_time += &other.by_load_time;
        self.by_loads += &other.by_loads;
        self.by_invalidations += &other.by_invalidations;
        self.by_bytes += &other.by_bytes;
        self.by_reads += &other.by_reads;
        self.never_read += &other.never_read;
        self.hours += &other.hours;
        self.sequence += &other.sequence;
        self.burst += &other.burst;
        self.compression += &other.compression;
    }
}

impl Insight {
    /// With so many keys in each list.
    pub(crate) fn shortened(self, most: usize) -> Self {
        Self {
            by_load_time: self.by_load_time.shortened(most),
            by_loads: self.by_loads.shortened(most),
            by_invalidations: self.by_invalidations.shortened(most),
            by_bytes: self.by_bytes.shortened(most),
            by_reads: self.by_reads.shortened(most),
            ..self
        }
    }
}

/// The settings of a function that can be changed by a settings file, as its last load had them. Those of several processes
/// are these where they agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InForce {
    /// How long its values are fresh, in milliseconds. Zero where nothing was loaded, so that nothing is known.
    pub ttl_ms: u64,
    /// How much longer they may be served while they are refreshed, in milliseconds.
    pub stale_ms: u64,
    /// How much longer each use makes them fresh at most, in milliseconds, which only an annotation says; zero for not
    /// at all.
    pub sliding_ms: u64,
    /// What they are compressed with: `none`, `lz4`, `zstd` or `gzip`.
    pub compress: String,
    /// The one tier that has them, `memory` or `redis`; empty for both.
    pub only_in: String,
    /// Whether processes differ in any of it, as while a file is rolled out.
    pub is_mixed: bool,
}

impl InForce {
    pub(super) fn of(had: HadSettings) -> Self {
        Self {
            ttl_ms: had.ttl_ms,
            stale_ms: had.stale_ms,
            sliding_ms: had.sliding_ms,
            compress: had.compress.to_owned(),
            only_in: had.only_in.to_owned(),
            is_mixed: false,
        }
    }
}

impl AddAssign<&Self> for InForce {
    fn add_assign(&mut self, other: &Self) {
        if self.ttl_ms == 0 {
            *self = other.clone();
        } else if other.ttl_ms > 0 {
            let own = self.is_mixed;
            self.is_mixed = other.is_mixed;
            self.is_mixed = own || *self != *other || other.is_mixed;
        }
    }
}

/// What a function had counted when the ttl in force took the place of another one, so that the difference is of this ttl:
/// all zero where it had no other since the cache was built. Two add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BeforeTtl {
    /// For how long the cache had counted, in milliseconds.
    pub counted_ms: u64,
    /// Hits in any tier.
    pub hits: u64,
    /// Loads that gave a value.
    pub loads: u64,
    /// Loads that were compared with what they replaced, and those since of which that had at most half of the ttl in
    /// force.
    pub compared: u64,
    /// Those of them that gave what was there.
    pub unchanged: u64,
}

impl AddAssign<&Self> for BeforeTtl {
    fn add_assign(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.counted_ms, other.counted_ms),
            (&mut self.hits, other.hits),
            (&mut self.loads, other.loads),
            (&mut self.compared, other.compared),
            (&mut self.unchanged, other.unchanged),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// Entries that were stored by a load of this process and never read in it: an estimate from a sample of the keys, which
/// is that of [`Cache::memory_curve`](crate::Cache::memory_curve). Two add up.
///
/// An entry was read if a later call in the process that stored it was served it, by memory or by Redis, fresh or stale. One
/// was not if its ttl ended, or its key was stored anew, before that. One that was invalidated or evicted counts when its
/// ttl would have ended. Whether another process read it is not known: with many processes, each of which has few of a
/// key's reads, it is an upper bound. Functions whose values are not in memory are not sampled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NeverRead {
    /// Entries whose lot is known, estimated for all keys.
    pub entries: u64,
    /// Those of them that left without a read, estimated for all keys.
    pub left: u64,
    /// Entries whose ttl has not ended and that were not read yet, estimated for all keys: they are in neither of the
    /// two above.
    pub waiting: u64,
    /// How many keys the estimate is of.
    pub keys: u64,
}

impl NeverRead {
    /// The share of the entries, 0 to 1, that left without a read; `None` where none is known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn share(&self) -> Option<f64> {
        (self.entries > 0).then(|| self.left.min(self.entries) as f64 / self.entries as f64)
    }

    /// How far off the share may be, 0 to 1: 1.96 standard errors of a share among so many keys, of which each counts as
    /// one however many entries it had; at least 3 / keys, as a share of 0 or 1 has none. `None` where none is known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn margin(&self) -> Option<f64> {
        let (share, keys) = (self.share()?, self.keys as f64);
        let error = 1.96 * (share * (1.0 - share) / keys).sqrt();
        (keys > 0.0).then(|| error.max(3.0 / keys).min(1.0))
    }
}

impl AddAssign<&Self> for NeverRead {
    fn add_assign(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.entries, other.entries),
            (&mut self.left, other.left),
            (&mut self.waiting, other.waiting),
            (&mut self.keys, other.keys),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// What compression makes of a function's values on their way to Redis. Two add up.
///
/// Where it is on, all values over 1 KiB are counted. Where it is off, one of 64 from 1 to 64 KiB is compressed with LZ4 to
/// see, and stored as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CompressionSeen {
    /// How many values were compressed.
    pub values: u64,
    /// For how many of these it paid: they were a tenth smaller, or more.
    pub paid: u64,
    /// What these were before, in bytes.
    pub before_bytes: u64,
    /// What they were after, in bytes: as much as before where it did not pay.
    pub after_bytes: u64,
    /// How long that took in all, in nanoseconds.
    pub took_ns: u64,
    /// All values that were made ready for Redis, whether compressed or not.
    pub stores: u64,
    /// What these were before, in bytes.
    pub stored_bytes: u64,
}

impl CompressionSeen {
    /// What is left of a byte, 0 to 1; `None` where nothing was compressed.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn ratio(&self) -> Option<f64> {
        (self.before_bytes > 0).then(|| self.after_bytes as f64 / self.before_bytes as f64)
    }

    /// How long one value took on average; `None` where nothing was compressed.
    #[must_use]
    pub fn mean_time(&self) -> Option<Duration> {
        let mean = self.took_ns.checked_div(self.values);
        mean.map(Duration::from_nanos)
    }
}

impl AddAssign<&Self> for CompressionSeen {
    fn add_assign(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.values, other.values),
            (&mut self.paid, other.paid),
            (&mut self.before_bytes, other.before_bytes),
            (&mut self.after_bytes, other.after_bytes),
            (&mut self.took_ns, other.took_ns),
            (&mut self.stores, other.stores),
            (&mut self.stored_bytes, other.stored_bytes),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_differ_are_told_as_such_and_what_is_not_known_changes_nothing() {
        let of = |ttl_ms| InForce {
            ttl_ms,
            compress: "none".to_owned(),
            ..InForce::default()
        };
        let mut same = of(5);
        same += &of(5);
        same += &InForce::default();
        assert_eq!(same, of(5));
        let mut differ = InForce::default();
        differ += &of(5);
        differ += &of(6);
        assert!(differ.is_mixed && differ.ttl_ms == 5);
        differ += &of(5);
        assert!(differ.is_mixed, "it stays so");
    }
}
