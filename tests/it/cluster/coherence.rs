//! What holds on one node holds on six: memory serves, and every invalidation reaches it.

use std::pin::Pin;
use std::time::Instant;

use super::*;

type Act = for<'a> fn(&'a Cache, u32) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

const ACTS: [(&str, Act); 4] = [
    ("entry", |cache, id| {
        Box::pin(async move {
            let invalidated = cache.scope(async { bounded_entry(id).invalidate().await });
            invalidated.await.unwrap();
        })
    }),
    ("tag", |cache, id| {
        Box::pin(async move { cache.tag(format!("c:{id}")).invalidate().await.unwrap() })
    }),
    ("shared tag", |cache, _| {
        Box::pin(async { cache.tag("all").invalidate().await.unwrap() })
    }),
    ("namespace", |cache, _| {
        Box::pin(async { cache.namespace("c").invalidate().await.unwrap() })
    }),
];

#[tokio::test]
async fn memory_serves_for_the_whole_ttl_while_every_node_is_up() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    warm(&a, &origin).await;
    warm(&b, &origin).await;
    let (health, hits) = (b.health(), redis_hits(&b, "c"));
    assert!(health.tracking && health.nodes.len() == 3, "{health:?}");
    let start = Instant::now();
    until(LIMIT, async || {
        for id in 0..IDS {
            assert_eq!(b.scope(bounded(&origin, id)).await, id * 1_000 + 1);
        }
        start.elapsed() > LAG * 3
    })
    .await;
    assert_eq!(redis_hits(&b, "c"), hits, "memory had all of it");
    assert_eq!(b.stats().namespace("c").unwrap().loads, 0);
}

#[tokio::test]
async fn every_kind_of_invalidation_reaches_every_process() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    for (what, act) in ACTS {
        warm(&a, &origin).await;
        warm(&b, &origin).await;
        for id in 0..IDS {
            let before = origin.fetch_add(1, Ordering::SeqCst);
            act(&b, id).await;
            let now = id * 1_000 + before + 1;
            assert_eq!(b.scope(bounded(&origin, id)).await, now, "{what}, here");
            if what.ends_with("tag") {
                assert_eq!(a.scope(strong(&origin, id)).await, now, "{what}, strong");
            }
            let start = Instant::now();
            until(LIMIT, async || a.scope(bounded(&origin, id)).await == now).await;
            assert!(start.elapsed() <= LAG, "{what}, elsewhere");
        }
    }
    assert!(a.stats().namespace("c").unwrap().troubles.is_empty());
}

#[tokio::test]
async fn tags_of_the_value_are_at_other_nodes_too() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    for id in 0..IDS {
        let call = || async { a.scope(tagged_by_value(&origin, id)).await };
        call().await;
        until(LIMIT, async || {
            let before = memory_hits(&a, "f");
            call().await;
            memory_hits(&a, "f") > before
        })
        .await;
        let now = origin.fetch_add(1, Ordering::SeqCst) + 1;
        b.tag(format!("c:{id}")).invalidate().await.unwrap();
        until(LIMIT, async || call().await == id * 1_000 + now).await;
    }
    assert!(a.stats().namespace("f").unwrap().troubles.is_empty());
}

#[tokio::test]
async fn an_entry_is_put_expired_and_looked_at() {
    let cluster = Cluster::start().await.unwrap();
    let (a, b) = (cache(&cluster), cache(&cluster));
    let origin = AtomicU32::new(1);
    for id in 0..IDS {
        a.scope(async { bounded_entry(id).put(7).await })
            .await
            .unwrap();
        assert_eq!(b.scope(bounded(&origin, id)).await, 7);
        let seen = b.scope(async { bounded_entry(id).inspect().await }).await;
        assert!(seen.is_some());
        a.scope(async { bounded_entry(id).expire().await })
            .await
            .unwrap();
        until(LIMIT, async || {
            b.scope(bounded(&origin, id)).await == id * 1_000 + 1
        })
        .await;
    }
    a.tag("all").expire().await.unwrap();
    a.namespace("c").expire().await.unwrap();
}

#[tokio::test]
async fn an_invalidation_waits_for_replicas_where_it_is_told_to() {
    let cluster = Cluster::start().await.unwrap();
    let a = builder(&cluster)
        .durability(Durability::Replicas(1))
        .build()
        .unwrap();
    let origin = AtomicU32::new(1);
    warm(&a, &origin).await;
    for (_, act) in ACTS {
        for id in 0..4 {
            act(&a, id).await;
        }
    }
    let none = builder(&cluster)
        .durability(Durability::Replicas(2))
        .build()
        .unwrap();
    let error = none.tag("all").invalidate().await.unwrap_err();
    assert!(error.to_string().contains("not_replicated"), "{error}");
}
