//! Whether every slot of a cluster has a master.

use cache_runtime::admin::NodeFacts;

use super::Findings;
use super::memory::number;

/// How many slots a cluster has.
const SLOTS: u64 = 16_384;

/// What one node says of its cluster.
pub(super) fn check(facts: &NodeFacts, findings: &mut Findings) {
    if facts.cluster.is_empty() {
        return;
    }
    let field = |name: &str| number(facts.cluster.get(name)).unwrap_or_default();
    let (assigned, ok) = (field("cluster_slots_assigned"), field("cluster_slots_ok"));
    let is_ok = facts
        .cluster
        .get("cluster_state")
        .is_some_and(|state| state == "ok");
    let seen = format!("{ok} of {SLOTS} slots are served");
    match () {
        () if assigned < SLOTS => findings.bad(
            "slots",
            format!("{seen}, {} have no node", SLOTS - assigned),
            "give them to a node (`redis-cli --cluster fix`): calls for their keys load, and with \
             `cluster-require-full-coverage yes` those for all keys",
        ),
        () if ok < SLOTS || !is_ok => findings.bad(
            "slots",
            seen,
            "a master is away and has not been replaced: see that it runs, or that its replica can take over",
        ),
        () => findings.ok("slots", seen),
    }
}

/// Whether the nodes agree.
pub(super) fn check_whole(nodes: &[NodeFacts], findings: &mut Findings) {
    let epochs = nodes
        .iter()
        .filter_map(|facts| number(facts.cluster.get("cluster_current_epoch")));
    let (least, most) = epochs.fold((u64::MAX, 0), |(least, most), epoch| {
        (least.min(epoch), most.max(epoch))
    });
    if least < most {
        findings.warn(
            "cluster",
            format!("the nodes are at epochs {least} to {most}"),
            "a failover is under way, or a node is cut off: look again, then at `CLUSTER NODES`",
        );
    } else if most > 0 {
        findings.ok("cluster", format!("{} masters agree", nodes.len()));
    }
}
