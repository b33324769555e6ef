//! A node that is away takes its own keys with it and no others.

use std::time::Instant;

use super::*;

/// An id whose entry is at this node or not, while all its stamps are at others.
async fn id_at(cluster: &Cluster, cache: &Cache, node: usize, there: bool) -> u32 {
    for id in 0..1_000 {
        let tag = Cluster::slot_of(format!("cache:t:{{c:{id}}}"));
        let tag = cluster.master_of(tag).await.unwrap();
        let entry = cluster.master_of(slot_of(cache, id).await).await.unwrap();
        if tag != node && (entry == node) == there {
            return id;
        }
    }
    panic!("no such id");
}

/// A master that has no stamp that every entry rests on.
async fn a_master(cluster: &Cluster) -> usize {
    let mut busy = Vec::new();
    for stamp in ["cache:n:{c}", "cache:t:{all}"] {
        busy.push(cluster.master_of(Cluster::slot_of(stamp)).await.unwrap());
    }
    (0..3).find(|master| !busy.contains(master)).unwrap()
}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Killed,
    Paused,
}

async fn a_lost_master_costs_others_nothing(fate: Fate) {
    let mut cluster = Cluster::start().await.unwrap();
    // Without memory, so that each call asks.
    let a = builder(&cluster).memory_bytes(0).build().unwrap();
    let origin = AtomicU32::new(1);
    let master = a_master(&cluster).await;
    let lost = id_at(&cluster, &a, master, true).await;
    let other = id_at(&cluster, &a, master, false).await;
    let slot = slot_of(&a, lost).await;
    for id in [lost, other] {
        a.scope(bounded(&origin, id)).await;
        a.scope(bounded(&origin, id)).await;
    }
    up(&a).await;
    match fate {
        Fate::Killed => cluster.node_mut(master).kill9().unwrap(),
        Fate::Paused => cluster.node(master).pause().unwrap(),
    }
    let (mut slowest, start) = (Duration::ZERO, Instant::now());
    let others = async {
        while start.elapsed() < Duration::from_secs(1) {
            let call = Instant::now();
            assert_eq!(a.scope(bounded(&origin, other)).await, other * 1_000 + 1);
            slowest = slowest.max(call.elapsed());
            tokio::task::yield_now().await;
        }
    };
    let own = async {
        let mut left = None;
        while left.is_none() && start.elapsed() < LIMIT {
            let call = Instant::now();
            assert_eq!(a.scope(bounded(&origin, lost)).await, lost * 1_000 + 1);
            let is_down =
                |node: &cache_runtime::NodeHealth| matches!(node.state, RedisHealth::Down { .. });
            if call.elapsed() < Duration::from_millis(50) && a.health().nodes.iter().any(is_down) {
                left = Some(start.elapsed());
            }
        }
        left.unwrap()
    };
    let ((), left) = tokio::join!(others, own);
    // The figures are the claims; a busy machine gets some room.
    assert!(
        slowest < Duration::from_millis(150),
        "others waited {slowest:?}"
    );
    assert!(left < Duration::from_secs(2), "left after {left:?}");

    cluster.until_replaced(slot, master).await.unwrap();
    let replaced = Instant::now();
    until(LIMIT, async || {
        let before = redis_hits(&a, "c");
        a.scope(bounded(&origin, lost)).await;
        redis_hits(&a, "c") > before
    })
    .await;
    let took = replaced.elapsed();
    assert!(
        took < Duration::from_secs(5),
        "hits were back after {took:?}"
    );
}

#[tokio::test]
async fn a_killed_master_costs_the_keys_of_others_nothing() {
    a_lost_master_costs_others_nothing(Fate::Killed).await;
}

#[tokio::test]
async fn a_paused_master_is_left_and_costs_the_keys_of_others_nothing() {
    a_lost_master_costs_others_nothing(Fate::Paused).await;
}

#[tokio::test]
async fn an_invalidation_of_lost_keys_is_owed_and_others_are_not() {
    let mut cluster = Cluster::start().await.unwrap();
    let a = cache(&cluster);
    let origin = AtomicU32::new(1);
    let master = a_master(&cluster).await;
    let lost = id_at(&cluster, &a, master, true).await;
    let other = id_at(&cluster, &a, master, false).await;
    for id in [lost, other] {
        a.scope(bounded(&origin, id)).await;
    }
    cluster.node_mut(master).kill9().unwrap();
    origin.store(2, Ordering::SeqCst);
    let owed = a
        .scope(async { bounded_entry(lost).invalidate().await })
        .await;
    assert!(owed.is_err());
    a.scope(async { bounded_entry(other).invalidate().await })
        .await
        .unwrap();
    assert_eq!(a.health().owed_invalidations, 1);
    for id in [lost, other] {
        assert_eq!(a.scope(bounded(&origin, id)).await, id * 1_000 + 2);
    }
    until(LIMIT, async || a.health().owed_invalidations == 0).await;
}

#[tokio::test]
async fn a_cluster_that_is_not_there_costs_a_call_nothing() {
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let url = format!("redis+cluster://127.0.0.1:{port}");
    let a = Cache::builder().url(url).memory_bytes(0).build().unwrap();
    let origin = AtomicU32::new(1);
    for _ in 0..3 {
        assert_eq!(a.scope(bounded(&origin, 1)).await, 1_001);
    }
    until(LIMIT, async || {
        matches!(a.health().redis, Some(RedisHealth::Down { cause, .. }) if cause == "unreachable")
    })
    .await;
    let call = Instant::now();
    a.scope(bounded(&origin, 1)).await;
    assert!(call.elapsed() < Duration::from_millis(100));
    a.close().await.unwrap();
}
