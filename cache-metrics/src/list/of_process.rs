//! What this process has in all.

use super::{NAMESPACE, counter, gauge, metric};
use crate::metric::{Kind, Metric, Unit};
use crate::rate::Rate;
use crate::seen::Seen;

pub(super) const METRICS: &[Metric] = &[
    gauge(
        "hit_rate",
        "Which share of the reads of the last five minutes a tier served, 0 to 1, by namespace, and of all with none; of all reads until five minutes after the first look",
        &[NAMESPACE],
        |seen, samples| {
            rates(seen, |namespace, rate| {
                samples.number(&[namespace], rate.hits())
            });
        },
    ),
    gauge(
        "miss_rate",
        "Which share of the reads of the last five minutes found nothing to serve, 0 to 1, by namespace, and of all with none; of all reads until five minutes after the first look",
        &[NAMESPACE],
        |seen, samples| {
            rates(seen, |namespace, rate| {
                samples.number(&[namespace], rate.misses())
            });
        },
    ),
    gauge(
        "entries",
        "Entries in this process's memory now",
        &["tier"],
        |seen, samples| samples.count(&["memory"], seen.stats.memory.entries),
    ),
    metric(
        Kind::Gauge,
        ("memory_usage", Unit::Bytes),
        "What entries take of this process's memory now, with their keys, tags and tables",
        &["tier"],
        |seen, samples| samples.count(&["memory"], seen.stats.memory.bytes),
    ),
    metric(
        Kind::Gauge,
        ("memory_limit", Unit::Bytes),
        "What entries may take of this process's memory",
        &["tier"],
        |seen, samples| samples.count(&["memory"], seen.stats.memory.most_bytes),
    ),
    counter(
        "received_invalidations",
        "Pushes of Redis of a tag, a namespace or everything that made something invalid here",
        &[],
        |seen, samples| samples.count(&[], seen.stats.memory.received_invalidations),
    ),
    counter(
        "received_changes",
        "Pushes of Redis of an entry that made something invalid here: it was stored anew, invalidated or expired",
        &[],
        |seen, samples| samples.count(&[], seen.stats.memory.received_changes),
    ),
    gauge(
        "owed_invalidations",
        "Invalidations that Redis has not acknowledged; nothing that they cover is served here",
        &[],
        |seen, samples| samples.count(&[], seen.health.owed_invalidations as u64),
    ),
    gauge(
        "loads_under_way",
        "Loads under way in this process",
        &[],
        |seen, samples| samples.count(&[], seen.health.loads_under_way as u64),
    ),
    counter(
        "errors",
        "Steps that went wrong, by step and cause; callers were served by the origin",
        &[NAMESPACE, "step", "cause"],
        |seen, samples| {
            super::by_namespace(seen, |namespace, counts| {
                for (trouble, count) in &counts.troubles {
                    let (step, cause) = trouble.split_once(": ").unwrap_or((trouble, ""));
                    samples.count(&[namespace, step, cause], *count);
                }
            });
        },
    ),
];

/// The rates of those that were asked for anything of late.
fn rates(seen: &Seen, mut tell: impl FnMut(&str, &Rate)) {
    let asked = seen.rates.iter().filter(|(_, rate)| rate.reads() > 0);
    asked.for_each(|(namespace, rate)| tell(namespace, rate));
}
