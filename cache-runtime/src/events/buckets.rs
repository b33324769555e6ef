//! Counts of values by their power of two, as they are read.

use serde::{Deserialize, Serialize};

use super::sums::Sum;

/// How many there are.
pub(super) const BUCKETS: usize = 40;

/// The bucket of a value, in units: the first is of what is below one, the last of all that is too much for the others.
pub(super) fn place(units: u64) -> usize {
    ((u64::BITS - units.leading_zeros()) as usize).min(BUCKETS - 1)
}

/// Counts of values, each in the bucket of its power of two, and their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub(super) struct Buckets<const UNIT: u64> {
    counts: [u64; BUCKETS],
    total: u64,
}

/// As it is written for another process: most buckets are empty.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default)]
    counts: Vec<(u64, u64)>,
    #[serde(default)]
    total: u64,
}

impl<const UNIT: u64> Default for Buckets<UNIT> {
    fn default() -> Self {
        Self::new([0; BUCKETS], 0)
    }
}

impl<const UNIT: u64> Buckets<UNIT> {
    pub(super) fn new(counts: [u64; BUCKETS], total: u64) -> Self {
        Self { counts, total }
    }

    pub(super) fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn mean(&self) -> Option<u64> {
        self.total.checked_div(self.count())
    }

    /// An upper bound of a quantile.
    pub(super) fn quantile(&self, quantile: f64) -> Option<u64> {
        let share = quantile.clamp(0.0, 1.0);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank is approximate, and never negative"
        )]
        let rank = ((self.count() as f64 * share).ceil() as u64).max(1);
        let mut seen = 0_u64;
        let mut buckets = self.buckets();
        let reached = buckets.find(|(_, count)| {
            seen = seen.saturating_add(*count);
            *count > 0 && seen >= rank
        });
        reached.map(|(bound, _)| bound)
    }

    /// Their upper bounds and counts.
    pub(super) fn buckets(&self) -> impl ExactSizeIterator<Item = (u64, u64)> + '_ {
        let counts = self.counts.iter().enumerate();
        counts.map(|(at, count)| (UNIT << at, *count))
    }
}

impl<const UNIT: u64> Sum for Buckets<UNIT> {
    fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            count.add(more);
        }
        self.total.add(&other.total);
    }
}

impl<const UNIT: u64> From<Buckets<UNIT>> for Written {
    fn from(buckets: Buckets<UNIT>) -> Self {
        let counts = (0..).zip(buckets.counts).filter(|(_, count)| *count > 0);
        Self {
            counts: counts.collect(),
            total: buckets.total,
        }
    }
}

impl<const UNIT: u64> From<Written> for Buckets<UNIT> {
    fn from(written: Written) -> Self {
        let mut counts = [0_u64; BUCKETS];
        for (at, count) in written.counts {
            // A later version may have more of them.
            let at = usize::try_from(at).unwrap_or(usize::MAX).min(BUCKETS - 1);
            counts[at].add(&count);
        }
        Self::new(counts, written.total)
    }
}
