//! How long things took, in powers of two.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// 2^0 to 2^35 µs: from under a microsecond to about ten hours.
const BUCKETS: usize = 36;

/// Counts durations by the power of two of their microseconds.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    total_us: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            total_us: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    pub(crate) fn record(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let power = (u64::BITS - us.leading_zeros()) as usize;
        self.buckets[power.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
        self.total_us.fetch_add(us, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        HistogramSnapshot {
            buckets: std::array::from_fn(|i| self.buckets[i].load(Ordering::Relaxed)),
            total: Duration::from_micros(self.total_us.load(Ordering::Relaxed)),
        }
    }
}

/// How long something took, as counts in buckets of powers of two microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramSnapshot {
    buckets: [u64; BUCKETS],
    total: Duration,
}

impl HistogramSnapshot {
    /// How many durations were measured.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The sum of all durations.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.total
    }

    /// The mean duration, or `None` if nothing was measured.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let us = u64::try_from(self.total.as_micros()).unwrap_or(u64::MAX);
        us.checked_div(self.count()).map(Duration::from_micros)
    }

    /// An upper bound of the given quantile (`0.99` for p99), at most twice the true one.
    /// `None` if nothing was measured.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let count = self.count();
        let share = quantile.clamp(0.0, 1.0);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank is approximate, and never negative"
        )]
        let rank = ((count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (power, bucket) in self.buckets.iter().enumerate() {
            seen += bucket;
            if *bucket > 0 && seen >= rank {
                return Some(Duration::from_micros(1 << power));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_at_most_twice_the_truth() {
        let histogram = Histogram::default();
        for us in 1..=1_000 {
            histogram.record(Duration::from_micros(us));
        }
        let seen = histogram.snapshot();
        assert_eq!(seen.count(), 1_000);
        assert_eq!(seen.mean(), Some(Duration::from_micros(500)));
        let median = seen.quantile(0.5).unwrap();
        assert!(median >= Duration::from_micros(500) && median <= Duration::from_millis(1));
        assert_eq!(Histogram::default().snapshot().quantile(0.5), None);
    }

    #[test]
    fn the_longest_duration_fits() {
        let histogram = Histogram::default();
        histogram.record(Duration::MAX);
        assert_eq!(histogram.snapshot().count(), 1);
    }
}
