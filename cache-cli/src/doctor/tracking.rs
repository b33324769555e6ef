//! Whether the server tells of changes, and remembers whom.

use cache_runtime::admin::NodeFacts;

use super::Findings;
use super::memory::number;
use crate::output::units;

pub(super) fn check(facts: &NodeFacts, findings: &mut Findings) {
    if facts.is_tracked {
        findings.ok("tracking", "the node pushes changes (RESP3)");
    } else {
        findings.bad(
            "tracking",
            "the node pushes no changes, so memory trusts what it read for `lag` alone",
            "grant the user `+client|tracking`, and reach the server without a proxy that speaks RESP2 alone",
        );
    }
    let most = number(facts.config.get("tracking-table-max-keys"));
    let keys = number(facts.info.get("tracking_total_keys"));
    let (Some(most), Some(keys)) = (most, keys) else {
        return;
    };
    let seen = match most {
        0 => format!("{} keys, without a limit", units::count(keys)),
        most => format!(
            "{} keys of at most {}",
            units::count(keys),
            units::count(most)
        ),
    };
    match most > 0 && keys >= most / 10 * 9 {
        true => findings.bad(
            "tracking table",
            seen,
            "raise `tracking-table-max-keys` above the number of entries and stamps in use: the server forgets who read \
             what, and memory loses hits",
        ),
        false => findings.ok("tracking table", seen),
    }
}
