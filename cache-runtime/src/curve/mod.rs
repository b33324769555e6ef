//! What memory of another size would serve: the curve of hits over bytes, of a sample of the reads.
//!
//! A read that a thread serves of what it hit last is not looked at, as it is near in any memory; what it stands for is
//! known from the count of all reads. So the shortest way of a hit pays nothing, and the longer one a comparison.

mod distances;
mod order;
mod shards;
mod unread;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use shards::{Shards, place};

use crate::clock::Moment;
use crate::sketch::NeverRead;

/// What is learnt of reads, of one cache.
#[derive(Debug)]
pub(crate) struct Curve {
    /// Below which places keys are sampled.
    threshold: AtomicU32,
    shards: Mutex<Shards>,
    /// Reads that memory did not serve.
    missed: AtomicU64,
}

/// What memory of other sizes would have served: the hit rate over its bytes, as [`Cache::memory_curve`] tells.
///
/// [`Cache::memory_curve`]: crate::Cache::memory_curve
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryCurve {
    points: Vec<(u64, f64)>,
    reads: u64,
}

impl MemoryCurve {
    /// Sizes of memory in bytes, ascending, each with the share of the reads, 0 to 1, that it would have served. Between
    /// two of them the share is that of the smaller; empty while nothing was sampled.
    #[must_use]
    pub fn points(&self) -> &[(u64, f64)] {
        &self.points
    }

    /// How many reads it is of.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// The share of the reads, 0 to 1, that memory of so many bytes would have served.
    #[must_use]
    pub fn hit_rate(&self, bytes: u64) -> f64 {
        let above = self.points.partition_point(|(size, _)| *size <= bytes);
        let at = above.checked_sub(1).and_then(|at| self.points.get(at));
        at.map_or(0.0, |(_, share)| *share)
    }

    /// The least size in bytes that would have served this share of the reads; `None` if none would.
    #[must_use]
    pub fn size_for(&self, hit_rate: f64) -> Option<u64> {
        let serves = self.points.iter().find(|(_, share)| *share >= hit_rate);
        serves.map(|(size, _)| *size)
    }
}

impl Default for Curve {
    fn default() -> Self {
        let shards = Shards::default();
        Self {
            threshold: AtomicU32::new(shards.threshold()),
            shards: Mutex::new(shards),
            missed: AtomicU64::new(0),
        }
    }
}

impl Curve {
    /// An entry was asked for, and memory served it or not.
    #[inline]
    pub(crate) fn read(&self, hash: u64, is_hit: bool) {
        if self.is_sampled(hash) {
            self.sample(hash, is_hit);
        }
    }

    /// An entry was served by another tier, or as a stale value.
    pub(crate) fn served(&self, hash: u64) {
        if self.is_sampled(hash) {
            self.shards.lock().served(hash);
        }
    }

    /// An entry was loaded by this process, for a function, and may be served until then.
    pub(crate) fn loaded(&self, hash: u64, function: u16, until: Moment) {
        if self.is_sampled(hash) {
            self.shards.lock().loaded(hash, function, until);
        }
    }

    /// The entries of each function that nobody read, by its place.
    pub(crate) fn never_read(&self, now: Moment) -> Vec<NeverRead> {
        self.shards.lock().never_read(now)
    }

    /// An entry takes so many bytes from now on.
    pub(crate) fn stored(&self, hash: u64, bytes: u64) {
        if self.is_sampled(hash) {
            self.shards.lock().stored(hash, bytes);
        }
    }

    #[inline]
    fn is_sampled(&self, hash: u64) -> bool {
        place(hash) < self.threshold.load(Ordering::Relaxed)
    }

    /// A hit waits for nobody: a few reads that are not looked at are made up for by the count of all.
    #[cold]
    fn sample(&self, hash: u64, is_hit: bool) {
        let Some(mut shards) = self.shards.try_lock() else {
            return;
        };
        shards.read(hash);
        if is_hit {
            shards.served(hash);
        }
        self.threshold.store(shards.threshold(), Ordering::Relaxed);
    }

    /// Memory did not serve a read.
    pub(crate) fn missed(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many entries it is of.
    pub(crate) fn sampled(&self) -> u64 {
        self.shards.lock().len() as u64
    }

    /// The curve, where memory served so many reads.
    pub(crate) fn of(&self, served: u64) -> MemoryCurve {
        let reads = served.saturating_add(self.missed.load(Ordering::Relaxed));
        let shards = self.shards.lock();
        let points = shards.distances().curve(reads as f64 * shards.share());
        let points = points
            .into_iter()
            .map(|(size, share)| (size.ceil() as u64, share));
        MemoryCurve {
            points: points.collect(),
            reads,
        }
    }
}

#[cfg(test)]
mod tests;
