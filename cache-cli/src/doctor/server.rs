//! The server's version, its role, and its clock.

use cache_runtime::admin::NodeFacts;

use super::Findings;
use crate::output::units;

/// The oldest that the cache works with, and that is a cluster's.
const OLDEST: (u32, u32) = (6, 2);
const OLDEST_CLUSTER: (u32, u32) = (7, 0);

/// How far the clocks may be apart before a person is told.
const APART_MS: u64 = 1_000;

pub(super) fn check(facts: &NodeFacts, findings: &mut Findings) {
    version(facts, findings);
    clock(facts, findings);
}

fn version(facts: &NodeFacts, findings: &mut Findings) {
    let info = &facts.info;
    let (name, version) = match (info.get("valkey_version"), info.get("redis_version")) {
        (Some(valkey), _) => ("Valkey", valkey),
        (None, Some(redis)) => ("Redis", redis),
        (None, None) => {
            return findings.warn(
                "version",
                "it is not told",
                "grant the user `+info`, or see that the server is Redis 6.2 or later, or Valkey",
            );
        }
    };
    let seen = format!("{name} {version}");
    let (oldest, why) = match facts.cluster.is_empty() {
        true => (
            OLDEST,
            "the cache needs Redis 6.2 or later, or Valkey: upgrade the server",
        ),
        false => (
            OLDEST_CLUSTER,
            "a cluster needs Redis 7.0 or later, or Valkey: upgrade the servers",
        ),
    };
    match number(version) {
        Some(version) if name == "Redis" && version < oldest => findings.bad("version", seen, why),
        _ => findings.ok("version", seen),
    }
}

/// The first two numbers of a version.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn clock(facts: &NodeFacts, findings: &mut Findings) {
    let Some(node_ms) = facts.node_ms else {
        return;
    };
    let apart = node_ms.abs_diff(facts.here_ms);
    let seen = match apart {
        0..10 => "with this machine's, to within 10 ms".to_owned(),
        _ if node_ms > facts.here_ms => {
            format!("{} ahead of this machine's", units::span(apart))
        }
        _ => format!("{} behind this machine's", units::span(apart)),
    };
    match apart < APART_MS {
        true => findings.ok("clock", seen),
        false => findings.warn(
            "clock",
            seen,
            "the cache compares no clocks and works all the same; run a time service on both machines, so that times in \
             logs can be compared",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(number("7.0.15"), Some((7, 0)));
        assert!(number("6.0.9") < Some(OLDEST) && number("10.2") > Some(OLDEST));
        assert_eq!(number("unstable"), None);
    }
}
