//! Slots that move from one node to another while they are used.

use std::time::Instant;

use super::*;

/// Stands in the middle of a slot's way: the entry's key is at the target, the slot at the source.
#[tokio::test]
async fn an_entry_on_its_way_is_invalidated_wherever_it_is() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    warm(&a, &origin).await;
    warm(&b, &origin).await;
    for id in 0..4 {
        let (slot, key) = (slot_of(&a, id).await, key(&a, id).await);
        let from = cluster.master_of(slot).await.unwrap();
        let to = (from + 1) % 3;
        let migration = cluster.migration(slot, from, to);
        migration.begin().await.unwrap();
        if id % 2 == 0 {
            migration.move_key(&key).await.unwrap();
        }
        let now = id * 1_000 + origin.fetch_add(1, Ordering::SeqCst) + 1;
        let invalidated = b.scope(async { bounded_entry(id).invalidate().await });
        invalidated.await.unwrap();
        assert_eq!(b.scope(bounded(&origin, id)).await, now, "here");
        assert_eq!(a.scope(strong(&origin, id)).await, now, "strong");
        let start = Instant::now();
        until(LIMIT, async || a.scope(bounded(&origin, id)).await == now).await;
        assert!(start.elapsed() <= LAG, "elsewhere");
        migration.move_keys().await.unwrap();
        migration.finish().await.unwrap();
        migration.until_known().await.unwrap();
        assert_eq!(a.scope(bounded(&origin, id)).await, now);
    }
    warm(&a, &origin).await;
    warm(&b, &origin).await;
}

#[tokio::test]
async fn what_memory_rests_on_is_still_told_of_after_its_stamp_has_moved() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    warm(&a, &origin).await;
    let slot = Cluster::slot_of("cache:t:{all}");
    let from = cluster.master_of(slot).await.unwrap();
    cluster.migrate(slot, from, (from + 1) % 3).await.unwrap();
    warm(&a, &origin).await;
    let now = origin.fetch_add(1, Ordering::SeqCst) + 1;
    b.tag("all").invalidate().await.unwrap();
    let start = Instant::now();
    until(LIMIT, async || {
        a.scope(bounded(&origin, 3)).await == 3_000 + now
    })
    .await;
    assert!(start.elapsed() <= LAG);
}

/// The slot goes without its keys and without a word to those who read them.
#[tokio::test]
async fn a_slot_taken_by_force_is_noticed_within_lag() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    for (round, what) in ["cache:t:{all}", "cache:n:{c}"].into_iter().enumerate() {
        // So that what the other has was found in Redis, each key at its node.
        warm(&b, &origin).await;
        warm(&a, &origin).await;
        let slot = Cluster::slot_of(what);
        let from = cluster.master_of(slot).await.unwrap();
        cluster.force_slot(slot, (from + 1) % 3).await.unwrap();
        let now = origin.fetch_add(1, Ordering::SeqCst) + 1;
        match round {
            0 => b.tag("all").invalidate().await.unwrap(),
            _ => b.namespace("c").invalidate().await.unwrap(),
        }
        let start = Instant::now();
        until(LIMIT, async || {
            a.scope(bounded(&origin, 3)).await == 3_000 + now
        })
        .await;
        assert!(start.elapsed() <= LAG, "{what}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn calls_go_on_while_slots_move() {
    let cluster = Cluster::start().await.unwrap();
    let a = cache(&cluster);
    let origin = AtomicU32::new(1);
    warm(&a, &origin).await;
    let moving = cluster.reshard(0, 1, cluster.first_slots(0));
    let done = std::sync::atomic::AtomicBool::new(false);
    let calls = async {
        while !done.load(Ordering::SeqCst) {
            for id in 0..IDS {
                assert_eq!(a.scope(bounded(&origin, id)).await, id * 1_000 + 1);
                a.scope(async { bounded_entry(id).invalidate().await })
                    .await
                    .unwrap();
            }
        }
    };
    let moved = async {
        moving.await.unwrap();
        done.store(true, Ordering::SeqCst);
    };
    tokio::join!(calls, moved);
    warm(&a, &origin).await;
    // The node without slots is let go.
    until(LIMIT, async || a.health().nodes.len() == 2).await;
}
