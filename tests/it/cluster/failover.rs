//! A replica in its master's place.

use std::time::Instant;

use super::*;

/// The demoted master's connections stay open, and it answers on them.
#[tokio::test]
async fn a_master_that_was_demoted_vouches_for_nothing_after_lag() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    warm(&a, &origin).await;
    let master = cluster
        .master_of(Cluster::slot_of("cache:t:{all}"))
        .await
        .unwrap();
    let replica = cluster.replicas_of(master).await[0];
    cluster.failover(replica).await.unwrap();
    let now = origin.fetch_add(1, Ordering::SeqCst) + 1;
    until(LIMIT, async || b.tag("all").invalidate().await.is_ok()).await;
    let start = Instant::now();
    until(LIMIT, async || {
        a.scope(bounded(&origin, 3)).await == 3_000 + now
    })
    .await;
    assert!(start.elapsed() <= LAG, "{:?}", start.elapsed());
    warm(&a, &origin).await;
}

/// The invalidation was acknowledged by a master that died before its replica had it, and the
/// entry's stamps are at other nodes: only the run of the entry's node tells.
#[tokio::test]
async fn an_entry_that_a_failover_brings_back_is_not_served() {
    let cluster = Cluster::builder()
        .node_timeout(Duration::from_millis(1_500))
        .start();
    let mut cluster = cluster.await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    let (namespace, all) = ("cache:n:{c}", "cache:t:{all}");
    let mut stamps = Vec::new();
    for stamp in [namespace, all] {
        stamps.push(cluster.master_of(Cluster::slot_of(stamp)).await.unwrap());
    }
    let mut found = None;
    for id in 0..1_000 {
        let own = cluster.master_of(Cluster::slot_of(format!("cache:t:{{c:{id}}}")));
        let (own, slot) = (own.await.unwrap(), slot_of(&a, id).await);
        let master = cluster.master_of(slot).await.unwrap();
        if master != own && !stamps.contains(&master) {
            found = Some((id, slot, master));
            break;
        }
    }
    let (id, slot, master) = found.unwrap();
    let replica = cluster.replicas_of(master).await[0];
    let name = key(&a, id).await;
    assert_eq!(a.scope(bounded(&origin, id)).await, id * 1_000 + 1);
    until(LIMIT, async || {
        let keys = cluster.node(replica).keys().await.unwrap();
        keys.contains(&name)
    })
    .await;

    cluster.node(replica).pause().unwrap();
    // What the master sends it now it never gets.
    let kill = cluster
        .node(master)
        .command(&[b"CLIENT", b"KILL", b"TYPE", b"replica"]);
    kill.await.unwrap();
    origin.store(2, Ordering::SeqCst);
    a.scope(async { bounded_entry(id).invalidate().await })
        .await
        .unwrap();
    cluster.node_mut(master).kill9().unwrap();
    cluster.node(replica).resume().unwrap();
    cluster.until_replaced(slot, master).await.unwrap();
    let keys = cluster.node(replica).keys().await.unwrap();
    assert!(keys.contains(&name), "the old entry is back");
    until(LIMIT, async || {
        let fresh = cache(&cluster);
        for cache in [&a, &b, &fresh] {
            assert_eq!(cache.scope(bounded(&origin, id)).await, id * 1_000 + 2);
        }
        redis_hits(&fresh, "c") > 0
    })
    .await;
}
