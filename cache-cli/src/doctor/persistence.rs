//! What the server writes to disk, and its replicas.

use cache_runtime::admin::NodeFacts;

use super::Findings;
use super::memory::number;

pub(super) fn check(facts: &NodeFacts, findings: &mut Findings) {
    let is_on = |name: &str| facts.info.get(name).is_some_and(|value| value == "1");
    let appends = is_on("aof_enabled");
    let saves = facts
        .config
        .get("save")
        .is_some_and(|save| !save.is_empty());
    let failed = ["rdb_last_bgsave_status", "aof_last_write_status"]
        .into_iter()
        .find(|name| facts.info.get(*name).is_some_and(|status| status != "ok"));
    match (failed, appends || saves) {
        (Some(name), _) => findings.bad(
            "persistence",
            format!("`{name}` is not ok"),
            "the last write to disk failed, and the server may refuse writes: see its log and its disk",
        ),
        (None, true) => findings.warn(
            "persistence",
            match appends {
                true => "on: each write goes to disk",
                false => "on: snapshots are taken",
            },
            "a restart makes every entry a miss all the same, as stamps are of one run: for a server of the cache's own set \
             `save \"\"` and `appendonly no`",
        ),
        (None, false) => findings.ok("persistence", "off, as suits a cache"),
    }
    replicas(facts, findings);
}

fn replicas(facts: &NodeFacts, findings: &mut Findings) {
    let Some(count) = number(facts.info.get("connected_slaves")) else {
        return;
    };
    let lags = (0..count).filter_map(|at| {
        let line = facts.info.get(&format!("slave{at}"))?;
        let lag = line.split(',').find_map(|part| part.strip_prefix("lag="))?;
        lag.parse::<u64>().ok()
    });
    let slowest = lags.max().unwrap_or_default();
    let seen = match count {
        0 => "none".to_owned(),
        count => format!("{count}, at most {slowest} s behind"),
    };
    match (count, slowest) {
        (1.., 11..) => findings.warn(
            "replicas",
            seen,
            "a failover loses what a replica has not got: see its network and its disk",
        ),
        _ => findings.ok("replicas", seen),
    }
}
