//! How much memory there is, and what goes when it is full.

use cache_runtime::admin::NodeFacts;

use super::Findings;
use crate::output::units;

pub(super) fn check(facts: &NodeFacts, findings: &mut Findings) {
    let most =
        number(facts.config.get("maxmemory")).or_else(|| number(facts.info.get("maxmemory")));
    let used = number(facts.info.get("used_memory"));
    room(most, used, findings);
    let policy = facts
        .config
        .get("maxmemory-policy")
        .or_else(|| facts.info.get("maxmemory_policy"));
    if let Some(policy) = policy {
        self::policy(policy, is_nearly_full(most, used), findings);
    }
    let evicted = number(facts.info.get("evicted_keys")).unwrap_or_default();
    if evicted > 0 {
        findings.warn(
            "evicted",
            format!("{} keys since the server started", units::count(evicted)),
            "entries and stamps that are evicted cost hits: raise `maxmemory` if the hit rate is low",
        );
    }
}

fn room(most: Option<u64>, used: Option<u64>, findings: &mut Findings) {
    match (most, used) {
        (Some(0), used) => findings.warn(
            "memory",
            format!(
                "{} in use, without a limit",
                units::bytes(used.unwrap_or_default())
            ),
            "set `maxmemory`, or the machine's memory is the limit and the system ends the server: entries × (value + 300) \
             + tags × 110, and a quarter more",
        ),
        (Some(most), Some(used)) => {
            let seen = format!("{} of {} in use", units::bytes(used), units::bytes(most));
            match is_nearly_full(Some(most), Some(used)) {
                true => findings.warn(
                    "memory",
                    seen,
                    "it is over 85 %: raise `maxmemory`, shorten a `ttl`, or `compress` values over a few KiB",
                ),
                false => findings.ok("memory", seen),
            }
        }
        _ => findings.warn(
            "memory",
            "it is not told",
            "grant the user `+info` and `+config|get`",
        ),
    }
}

/// Whether more than 85 % of the memory that it may have is in use.
fn is_nearly_full(most: Option<u64>, used: Option<u64>) -> bool {
    match (most, used) {
        (Some(most), Some(used)) => most > 0 && used >= most / 100 * 85,
        _ => false,
    }
}

fn policy(policy: &str, is_full: bool, findings: &mut Findings) {
    let seen = format!("`maxmemory-policy {policy}`");
    match policy {
        "allkeys-lru" | "allkeys-lfu" | "volatile-lru" | "volatile-lfu" => {
            findings.ok("eviction", seen);
        }
        "noeviction" if is_full => findings.warn(
            "eviction",
            seen,
            "nothing new is stored once it is full, and expiring by hand fails: raise `maxmemory`, or set `allkeys-lru` \
             (`volatile-lru` where other programs keep keys without a ttl here)",
        ),
        "noeviction" => {
            findings.ok("eviction", format!("{seen}: when it is full nothing new is stored"));
        }
        "allkeys-random" | "volatile-random" => findings.warn(
            "eviction",
            seen,
            "what is used most goes as soon as anything else: set `allkeys-lru`",
        ),
        "volatile-ttl" => findings.bad(
            "eviction",
            seen,
            "what ends soonest goes first, so leases go first of all, and loads are not stored while it is full: set \
             `allkeys-lru` or `volatile-lru`",
        ),
        _ => findings.warn(
            "eviction",
            seen,
            "it is not known here; `allkeys-lru` suits the cache",
        ),
    }
}

pub(super) fn number(text: Option<&String>) -> Option<u64> {
    text?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::findings::Level;
    use super::*;

    #[test]
    fn each_policy_of_the_operations_guide_is_known() {
        const GUIDE: &str = include_str!("../../../docs/operations.md");
        let policies = ["allkeys", "volatile"]
            .into_iter()
            .flat_map(|which| ["lru", "lfu", "random", "ttl"].map(|how| format!("{which}-{how}")));
        let known = policies.chain(["noeviction".to_owned()]);
        for known in known.filter(|known| known != "allkeys-ttl") {
            assert!(GUIDE.contains(&format!("`{known}`")), "{known}");
            let mut findings = Findings::default();
            policy(&known, true, &mut findings);
            let suits = known.ends_with("lru") || known.ends_with("lfu");
            let told = serde_json::to_value(findings.checked()).unwrap();
            let level = serde_json::to_value(Level::Ok).unwrap();
            assert_eq!(told["level"] == level, suits, "{known}");
            assert!(!told.to_string().contains("not known here"), "{known}");
        }
    }
}
