//! Three masters with a replica each, every node behind a network of its own.

use std::io;

use super::{TAKEN_FOR_DEAD, none};
use crate::Cluster;
use crate::wait::until;

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

pub(super) async fn start() -> io::Result<Cluster> {
    Cluster::builder()
        .node_timeout(TAKEN_FOR_DEAD)
        .proxies()
        // A replica whose stream a network swallowed begins anew soon, and not in a minute; and it
        // may stand for election whenever that was.
        .arguments(["--repl-ping-replica-period", "1", "--repl-timeout", "3"])
        .arguments(["--cluster-replica-validity-factor", "0"])
        .start()
        .await
}

pub(super) async fn key_at(cluster: &Cluster, at: usize) -> io::Result<String> {
    let masters = cluster.masters().await;
    let slots = masters.iter().find(|(master, _)| *master == at);
    let (_, slots) = slots.ok_or_else(|| none("master of this number"))?;
    let is_own = |tag: &String| {
        let slot = Cluster::slot_of(tag);
        slots.iter().any(|range| range.contains(&slot))
    };
    let tags = (0..u16::MAX).map(|number| format!("{{{number}}}"));
    let mut own = tags.filter(is_own);
    own.next().ok_or_else(|| none("key of this master"))
}

pub(super) async fn fail_over(cluster: &Cluster, master: usize) -> io::Result<()> {
    let replicas = cluster.replicas_of(master).await;
    let replica = replicas.first().ok_or_else(|| none("replica"))?;
    cluster.failover(*replica).await
}

pub(super) async fn until_replaced(cluster: &Cluster, master: usize) -> io::Result<()> {
    until_whole(cluster, |at| at != master).await.map(drop)
}

pub(super) async fn masters(cluster: &Cluster) -> io::Result<Vec<usize>> {
    until_whole(cluster, |_| true).await
}

/// Waits until masters that answer have all slots among them; gives their numbers.
async fn until_whole(cluster: &Cluster, is_one: impl Fn(usize) -> bool) -> io::Result<Vec<usize>> {
    until("all slots have a master that answers", || async {
        let mut masters = cluster.masters().await;
        masters.retain(|(at, _)| is_one(*at));
        let slots = masters.iter().flat_map(|(_, slots)| slots);
        let slots: usize = slots.map(ExactSizeIterator::len).sum();
        let masters = masters.iter().map(|(at, _)| *at);
        Ok((slots >= SLOTS).then(|| masters.collect()))
    })
    .await
}
