//! How quickly the servers answer.

use cache_runtime::admin::{Admin, NodeFacts, RoundTrips};

use super::Findings;
use crate::output::units;

/// From how long on a person is told, in microseconds: a hit in Redis costs one round trip.
const SLOW_US: u64 = 5_000;

pub(super) fn check(facts: &NodeFacts, findings: &mut Findings) {
    let Some(trips) = &facts.round_trips else {
        return findings.warn(
            "round trip",
            "it could not be measured",
            "grant the user `+time`, and see that the node answers",
        );
    };
    told("round trip", trips, findings);
}

pub(super) async fn check_scripts(admin: &Admin, asked: usize, findings: &mut Findings) {
    match admin.script_round_trips(asked).await {
        Some(trips) => told("script", &trips, findings),
        None => findings.bad(
            "script",
            "scripts can't be run",
            "grant the user `+evalsha` and `+script|load`, and see that the node of the key `<prefix>:w` answers",
        ),
    }
}

fn told(what: &'static str, trips: &RoundTrips, findings: &mut Findings) {
    let seen = format!(
        "{} at the median, {} at the 99th percentile, of {}",
        units::span_us(trips.p50_us),
        units::span_us(trips.p99_us),
        trips.count
    );
    match trips.p99_us >= SLOW_US {
        true => findings.warn(
            what,
            seen,
            "the node is far or busy: keep it near the program, look at `SLOWLOG GET`, and set `op_timeout` above the \
             99th percentile",
        ),
        false => findings.ok(what, seen),
    }
}
