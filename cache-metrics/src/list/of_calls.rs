//! What calls, loads and stores came to, by function.

use cache_runtime::{AuditStats, CallStats, MissStats, UnstoredStats};

use super::{CAUSE, FUNCTION, NAMESPACE, by_function, counter, gauge, metric, seldom};
use crate::metric::{Kind, Metric, Unit};

const ROW: &[&str] = &[NAMESPACE, FUNCTION];
const BY_CAUSE: &[&str] = &[NAMESPACE, FUNCTION, CAUSE];

type Of<S> = (&'static str, fn(&S) -> u64);

const OUTCOMES: [Of<CallStats>; 8] = [
    ("memory", |calls| calls.memory),
    ("redis", |calls| calls.redis),
    ("stale", |calls| calls.stale),
    ("shared", |calls| calls.shared),
    ("loaded", |calls| calls.loaded),
    ("failed", |calls| calls.failed),
    ("cancelled", |calls| calls.cancelled),
    ("uncached", |calls| calls.uncached.total()),
];

const MISSES: [Of<MissStats>; 8] = [
    ("absent", |misses| misses.absent),
    ("expired", |misses| misses.expired),
    ("invalidated", |misses| misses.invalidated),
    ("unreadable", |misses| misses.unreadable),
    ("outage", |misses| misses.outage),
    ("refresh", |misses| misses.refresh),
    ("early", |misses| misses.early),
    ("refused", |misses| misses.refused),
];

const UNSTORED: [Of<UnstoredStats>; 11] = [
    ("overtaken", |values| values.overtaken),
    ("too_large", |values| values.too_large),
    ("encode", |values| values.encode),
    ("outage", |values| values.outage),
    ("no_lease", |values| values.no_lease),
    ("no_key", |values| values.no_key),
    ("memory", |values| values.memory),
    ("tag", |values| values.tag),
    ("too_many_tags", |values| values.too_many_tags),
    ("unwanted", |values| values.unwanted),
    ("superseded", |values| values.superseded),
];

const AUDITS: [Of<AuditStats>; 5] = [
    ("same", |audits| audits.same),
    ("outdated", |audits| audits.outdated),
    ("void", |audits| audits.void),
    ("failed", |audits| audits.failed),
    ("skipped", |audits| audits.skipped),
];

pub(super) const METRICS: &[Metric] = &[
    counter(
        "calls",
        "Calls that have ended, by what they ended with; each has exactly one outcome",
        &[NAMESPACE, FUNCTION, "outcome"],
        |seen, samples| {
            for (outcome, of) in OUTCOMES {
                seldom(seen, samples, &[outcome], |counts| of(&counts.calls));
            }
        },
    ),
    counter(
        "hits",
        "Reads served from a tier, by tier; stale is past its ttl, within its stale window",
        &[NAMESPACE, FUNCTION, "tier"],
        |seen, samples| {
            by_function(seen, samples, &["memory"], |counts| counts.memory_hits);
            by_function(seen, samples, &["redis"], |counts| counts.redis_hits);
            seldom(seen, samples, &["stale"], |counts| counts.stale_hits);
        },
    ),
    counter(
        "misses",
        "Reads that found nothing fresh to serve, by cause",
        BY_CAUSE,
        |seen, samples| {
            let (first, rest) = (MISSES[0], &MISSES[1..]);
            by_function(seen, samples, &[first.0], |counts| {
                (first.1)(&counts.misses)
            });
            for (cause, of) in rest {
                seldom(seen, samples, &[cause], |counts| of(&counts.misses));
            }
        },
    ),
    counter(
        "loads",
        "Loads, by how they ended",
        &[NAMESPACE, FUNCTION, "end"],
        |seen, samples| {
            by_function(seen, samples, &["value"], |counts| counts.loads);
            by_function(seen, samples, &["error"], |counts| counts.failed_loads);
            seldom(seen, samples, &["abandoned"], |counts| {
                counts.abandoned_loads
            });
        },
    ),
    counter(
        "timed_out_loads",
        "Loads that load_timeout ended; they are among those that ended with an error",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.timed_out_loads),
    ),
    counter(
        "remembered_errors",
        "Calls that were returned the error of an earlier load, as error_ttl says",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.remembered_errors),
    ),
    counter(
        "stale_on_error",
        "Loads that failed where a stale value was served instead",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.stale_on_error),
    ),
    counter(
        "skipped_refreshes",
        "Reads served a stale value without a refresh, as max_refreshes were under way",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.skipped_refreshes),
    ),
    counter(
        "joined_calls",
        "Calls that waited for another call's load in this process",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.followers),
    ),
    gauge(
        "waiting_calls",
        "Calls that wait for another call's load now",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.waiting),
    ),
    counter(
        "lease_waits",
        "Calls that waited for a load of another process",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.lease_waits),
    ),
    counter("writes", "Values stored", ROW, |seen, samples| {
        by_function(seen, samples, &[], |counts| counts.stores)
    }),
    metric(
        Kind::Counter,
        ("written", Unit::Bytes),
        "What stored values took in all",
        ROW,
        |seen, samples| by_function(seen, samples, &[], |counts| counts.stored_bytes),
    ),
    counter(
        "compared_loads",
        "Loads whose value was compared with the one that it replaced, which was past its ttl and still in Redis",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.compared),
    ),
    counter(
        "unchanged_loads",
        "Compared loads that gave what was there: where most do, the ttl could be longer",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.unchanged),
    ),
    counter(
        "audits",
        "Hits that were compared with a load, by outcome; outdated is another value within the ttl and without an invalidation, void one that was invalidated or replaced meanwhile",
        &[NAMESPACE, FUNCTION, "outcome"],
        |seen, samples| {
            for (outcome, of) in AUDITS {
                seldom(seen, samples, &[outcome], |counts| of(&counts.audits));
            }
        },
    ),
    counter(
        "unstored_values",
        "Values returned and not stored, by cause",
        BY_CAUSE,
        |seen, samples| {
            for (cause, of) in UNSTORED {
                seldom(seen, samples, &[cause], |counts| of(&counts.unstored));
            }
        },
    ),
    counter(
        "invalidations",
        "Invalidations that this process carried out, and pushes of others' that reached what it had",
        &[NAMESPACE, FUNCTION, "direction"],
        |seen, samples| {
            seldom(seen, samples, &["sent"], |counts| counts.invalidations);
            seldom(seen, samples, &["received"], |counts| {
                counts.received_invalidations
            });
        },
    ),
    counter(
        "evictions",
        "Entries that memory dropped to make room",
        ROW,
        |seen, samples| by_function(seen, samples, &[], |counts| counts.evictions),
    ),
    gauge(
        "function_memory_entries",
        "Entries of a function in this process's memory now",
        ROW,
        |seen, samples| by_function(seen, samples, &[], |counts| counts.memory_entries),
    ),
    metric(
        Kind::Gauge,
        ("function_memory", Unit::Bytes),
        "What the entries of a function take of this process's memory now",
        ROW,
        |seen, samples| by_function(seen, samples, &[], |counts| counts.memory_bytes),
    ),
    counter(
        "load_cost_millionths",
        "What loads cost in all, in millionths of the unit of cost_per_load",
        ROW,
        |seen, samples| seldom(seen, samples, &[], |counts| counts.load_cost_millionths),
    ),
];
