//! How long things took and how large they were, in powers of two.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::buckets::{BUCKETS, Buckets, place};

/// The upper bound of the first bucket of durations, in nanoseconds; the last of them begins at nine hours.
const NANOSECONDS: u64 = 125;

/// The upper bound of the first bucket of sizes, in bytes.
const BYTES: u64 = 64;

/// The longest duration that is added up, in nanoseconds: a year.
const LONGEST: u64 = 1 << 55;

/// Counts values by the power of two of their units.
#[derive(Debug)]
pub(crate) struct Histogram<const UNIT: u64> {
    counts: [AtomicU64; BUCKETS],
    total: AtomicU64,
}

/// Of durations.
pub(crate) type Times = Histogram<NANOSECONDS>;

/// Of sizes.
pub(crate) type Sizes = Histogram<BYTES>;

impl<const UNIT: u64> Default for Histogram<UNIT> {
    fn default() -> Self {
        Self {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            total: AtomicU64::new(0),
        }
    }
}

impl<const UNIT: u64> Histogram<UNIT> {
    fn add(&self, value: u64) {
        self.counts[place(value / UNIT)].fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(value, Ordering::Relaxed);
    }

    fn buckets(&self) -> Buckets<UNIT> {
        Buckets::new(
            std::array::from_fn(|at| self.counts[at].load(Ordering::Relaxed)),
            self.total.load(Ordering::Relaxed),
        )
    }
}

impl Times {
    pub(crate) fn record(&self, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.add(ns.min(LONGEST));
    }

    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        HistogramSnapshot(self.buckets())
    }
}

impl Sizes {
    pub(crate) fn record(&self, bytes: usize) {
        self.add(bytes as u64);
    }

    pub(crate) fn snapshot(&self) -> SizeSnapshot {
        SizeSnapshot(self.buckets())
    }
}

/// How long something took, as counts in buckets: up to 125 ns, 250 ns, 500 ns, 1 µs and so on by powers of two. Two add
/// up bucket by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct HistogramSnapshot(Buckets<NANOSECONDS>);

impl HistogramSnapshot {
    /// How many durations were measured.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// The sum of all durations.
    #[must_use]
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.0.total())
    }

    /// The mean duration, or `None` if nothing was measured.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.0.mean().map(Duration::from_nanos)
    }

    /// An upper bound of the given quantile (`0.99` for p99), at most twice the true one, and at least 125 ns.
    /// `None` if nothing was measured.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        self.0.quantile(quantile).map(Duration::from_nanos)
    }

    /// The buckets in ascending order, empty ones too: for each the bound that all of its durations are below, and how
    /// many there are in it alone. The last has all that is longer as well.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = (Duration, u64)> + '_ {
        let buckets = self.0.buckets();
        buckets.map(|(bound, count)| (Duration::from_nanos(bound), count))
    }
}

/// How large something was, as counts in buckets: up to 64 bytes, 128 bytes and so on by powers of two. Two add up bucket
/// by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SizeSnapshot(Buckets<BYTES>);

impl SizeSnapshot {
    /// How many sizes were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// The sum of all sizes, in bytes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.total()
    }

    /// The mean size in bytes, or `None` if nothing was counted.
    #[must_use]
    pub fn mean(&self) -> Option<u64> {
        self.0.mean()
    }

    /// An upper bound in bytes of the given quantile (`0.99` for p99), at most twice the true one, and at least 64.
    /// `None` if nothing was counted.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<u64> {
        self.0.quantile(quantile)
    }

    /// The buckets in ascending order, empty ones too: for each the bound in bytes that all of its sizes are below, and
    /// how many there are in it alone. The last has all that is larger as well.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = (u64, u64)> + '_ {
        self.0.buckets()
    }
}

impl super::sums::Sum for HistogramSnapshot {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }
}

impl super::sums::Sum for SizeSnapshot {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::sums::Sum as _;

    #[test]
    fn a_quantile_is_at_most_twice_the_truth() {
        let times = Times::default();
        for us in 1..=1_000 {
            times.record(Duration::from_micros(us));
        }
        let seen = times.snapshot();
        assert_eq!(seen.count(), 1_000);
        assert_eq!(seen.mean(), Some(Duration::from_nanos(500_500)));
        let median = seen.quantile(0.5).unwrap();
        assert!(median >= Duration::from_micros(500) && median <= Duration::from_millis(1));
        assert_eq!(Times::default().snapshot().quantile(0.5), None);
    }

    #[test]
    fn the_longest_duration_fits() {
        let times = Times::default();
        times.record(Duration::MAX);
        times.record(Duration::MAX);
        assert_eq!(times.snapshot().count(), 2);
        assert!(times.snapshot().total() > Duration::from_secs(365 * 24 * 3_600));
    }

    #[test]
    fn all_in_a_bucket_is_below_its_bound_and_not_below_the_one_before() {
        for ns in [0, 124, 125, 249, 250, 999, 1_000, 1_999, 1_000_000] {
            let times = Times::default();
            times.record(Duration::from_nanos(ns));
            let seen = times.snapshot();
            let buckets: Vec<_> = seen.buckets().collect();
            let at = buckets.iter().position(|(_, count)| *count == 1).unwrap();
            let below = if at == 0 {
                Duration::ZERO
            } else {
                buckets[at - 1].0
            };
            let took = Duration::from_nanos(ns);
            assert!(
                below <= took && took < buckets[at].0,
                "{ns}: {:?}",
                buckets[at]
            );
        }
    }

    #[test]
    fn two_add_up_bucket_by_bucket() {
        let (one, other) = (Sizes::default(), Sizes::default());
        one.record(10);
        other.record(10);
        other.record(1_000);
        let mut sum = one.snapshot();
        sum.add(&other.snapshot());
        assert_eq!((sum.count(), sum.total()), (3, 1_020));
        assert_eq!(sum.quantile(0.5), Some(64));
        assert_eq!(sum.quantile(1.0), Some(1_024));
    }
}
