//! How long things took and how large they were, by namespace: their buckets would be too many by function.

use cache_runtime::{Counts, HistogramSnapshot, SizeSnapshot};

use super::{NAMESPACE, by_namespace, metric};
use crate::metric::{Distribution, Kind, Metric, Samples, Unit};
use crate::seen::Seen;

/// Upper bounds in seconds: by fours from under a microsecond to half a minute.
const SECONDS: [f64; 14] = [
    0.000_000_25,
    0.000_001,
    0.000_004,
    0.000_016,
    0.000_064,
    0.000_256,
    0.001_024,
    0.004_096,
    0.016_384,
    0.065_536,
    0.262_144,
    1.048_576,
    4.194_304,
    33.554_432,
];

/// Upper bounds in seconds: by eights from an eighth of a second to nine hours.
const AGES: [f64; 7] = [
    0.131_072,
    1.048_576,
    8.388_608,
    67.108_864,
    536.870_912,
    4_294.967_296,
    34_359.738_368,
];

/// Upper bounds in bytes: by fours from 64 bytes to 16 MiB.
const BYTES: [f64; 10] = [
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
];

pub(super) const METRICS: &[Metric] = &[
    metric(
        Kind::Histogram,
        ("latency", Unit::Seconds),
        "How long calls took, by outcome: hits in memory, of which one in some thousand is timed, hits in Redis, and loads of the body alone",
        &[NAMESPACE, "outcome"],
        |seen, samples| {
            times(seen, samples, &["memory"], |counts| &counts.memory_hit_time);
            times(seen, samples, &["redis"], |counts| &counts.redis_hit_time);
            times(seen, samples, &["load"], |counts| &counts.load_time);
        },
    ),
    metric(
        Kind::Histogram,
        ("own_time", Unit::Seconds),
        "The cache's own share of calls that loaded: reads, lease, store and waits, without the body",
        &[NAMESPACE],
        |seen, samples| times(seen, samples, &[], |counts| &counts.own_time),
    ),
    metric(
        Kind::Histogram,
        ("read_time", Unit::Seconds),
        "How long reads of Redis took, hit or miss",
        &[NAMESPACE],
        |seen, samples| times(seen, samples, &[], |counts| &counts.read_time),
    ),
    metric(
        Kind::Histogram,
        ("outdated_age", Unit::Seconds),
        "How long before an audit found a hit outdated its value was loaded; not that of values served stale, which are past their ttl",
        &[NAMESPACE],
        |seen, samples| {
            by_namespace(seen, |namespace, counts| {
                let ages = in_buckets(&AGES, &counts.outdated_age);
                samples.distribution(&[namespace], ages);
            });
        },
    ),
    metric(
        Kind::Histogram,
        ("stored_size", Unit::Bytes),
        "What each stored value took, as stored",
        &[NAMESPACE],
        |seen, samples| {
            by_namespace(seen, |namespace, counts| {
                samples.distribution(&[namespace], sizes(&counts.stored_sizes));
            });
        },
    ),
];

fn times(
    seen: &Seen,
    samples: &mut Samples,
    more: &[&str],
    of: impl Fn(&Counts) -> &HistogramSnapshot,
) {
    by_namespace(seen, |namespace, counts| {
        let labels = [&[namespace], more].concat();
        samples.distribution(&labels, seconds(of(counts)));
    });
}

/// Durations under fewer bounds.
pub(super) fn seconds(times: &HistogramSnapshot) -> Distribution {
    in_buckets(&SECONDS, times)
}

fn in_buckets(bounds: &[f64], times: &HistogramSnapshot) -> Distribution {
    let buckets = times.buckets();
    let buckets = buckets.map(|(bound, count)| (bound.as_secs_f64(), count));
    Distribution {
        count: times.count(),
        sum: times.total().as_secs_f64(),
        buckets: under(bounds, buckets),
    }
}

#[expect(clippy::cast_precision_loss, reason = "sums and bounds of sizes")]
fn sizes(sizes: &SizeSnapshot) -> Distribution {
    let buckets = sizes.buckets();
    let buckets = buckets.map(|(bound, count)| (bound as f64, count));
    Distribution {
        count: sizes.count(),
        sum: sizes.total() as f64,
        buckets: under(&BYTES, buckets),
    }
}

/// Counts under finer bounds, which these bounds are among, as counts under these and one that is infinite.
fn under(bounds: &[f64], finer: impl Iterator<Item = (f64, u64)>) -> Vec<(f64, u64)> {
    let bounds = bounds.iter().copied().chain([f64::INFINITY]);
    let mut buckets: Vec<_> = bounds.map(|bound| (bound, 0)).collect();
    let mut last = 0;
    let mut finer = finer.peekable();
    while let Some((bound, count)) = finer.next() {
        // The last of the finer ones has all that is larger.
        let is_last = finer.peek().is_none();
        while last + 1 < buckets.len() && (is_last || buckets[last].0 * 1.000_001 < bound) {
            last += 1;
        }
        buckets[last].1 += count;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_under_the_bound_that_it_is_counted_under() {
        let finer = [(64.0, 1), (128.0, 2), (256.0, 4), (512.0, 8), (1e12, 16)];
        let counted = under(&[64.0, 256.0, 1_024.0], finer.into_iter());
        let infinite = f64::INFINITY;
        assert_eq!(
            counted,
            [(64.0, 1), (256.0, 6), (1_024.0, 8), (infinite, 16)]
        );
    }
}
