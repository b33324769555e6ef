//! Invalidations that are acknowledged once replicas have them.

use std::time::Duration;

use cache_runtime::{Cache, CacheError, Durability, cached};
use cache_tests::Server;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);

#[cached(ns = "d", ttl = "5m", tags = ["d:{id}"])]
async fn kept(id: u32) -> u32 {
    id
}

#[cached(ns = "r", ttl = "5m", key = "readable{id}")]
async fn readable(id: u32) -> u32 {
    id
}

async fn replica_of(master: &Server) -> Server {
    let replica = server().await;
    let port = master.port().to_string();
    let words: [&[u8]; 3] = [b"REPLICAOF", b"127.0.0.1", port.as_bytes()];
    replica.command(&words).await.unwrap();
    until(LIMIT, async || {
        let info = replica.command(&[b"INFO", b"replication"]).await;
        let text: String = redis::from_redis_value(info.unwrap()).unwrap();
        text.contains("master_link_status:up")
    })
    .await;
    replica
}

fn cache(server: &Server, replicas: u32) -> Cache {
    Cache::builder()
        .url(server.url())
        .op_timeout(Duration::from_millis(500))
        .durability(Durability::Replicas(replicas))
        .build()
        .unwrap()
}

#[tokio::test]
async fn an_invalidation_is_acknowledged_once_a_replica_has_it() {
    let master = server().await;
    let replica = replica_of(&master).await;
    let cache = cache(&master, 1);
    for id in 0..20 {
        let stamp = format!("cache:t:{{d:{id}}}");
        cache.scope(kept(id)).await;
        cache.tag(format!("d:{id}")).invalidate().await.unwrap();
        let there = replica.command(&[b"EXISTS", stamp.as_bytes()]).await;
        assert_eq!(redis::from_redis_value::<u32>(there.unwrap()).unwrap(), 0);
    }
}

#[tokio::test]
async fn one_that_too_few_replicas_have_is_owed_until_they_do() {
    let master = server().await;
    let replica = replica_of(&master).await;
    let cache = cache(&master, 1);
    cache.scope(kept(1)).await;
    replica.pause().unwrap();
    let error = cache.tag("d:1").invalidate().await.unwrap_err();
    assert!(
        matches!(&error, CacheError::Unavailable { cause, .. } if cause == "not_replicated"),
        "{error}"
    );
    assert_eq!(cache.health().owed, ["tag d:1"]);
    replica.resume().unwrap();
    until(LIMIT, async || cache.health().owed_invalidations == 0).await;
}

/// Several deletions are sent over one connection at once, and each must wait.
#[tokio::test]
async fn many_at_once_wait_for_the_replica_over_several_connections_too() {
    let master = server().await;
    let replica = replica_of(&master).await;
    for connections in [1, 3] {
        let builder = Cache::builder().url(master.url()).connections(connections);
        let cache = builder
            .op_timeout(Duration::from_secs(2))
            .durability(Durability::Replicas(1))
            .build()
            .unwrap();
        for id in 0..20 {
            cache.scope(readable(id)).await;
        }
        replica.pause().unwrap();
        let error = cache.invalidate_matching("readable*").await.unwrap_err();
        assert!(error.to_string().contains("not_replicated"), "{error}");
        assert!(cache.health().owed_invalidations > 0);
        replica.resume().unwrap();
        until(LIMIT, async || cache.health().owed_invalidations == 0).await;
    }
}

#[test]
fn a_durability_that_can_not_be_is_refused_by_name() {
    let built = |url: &str, replicas| {
        let builder = Cache::builder().url(url);
        builder.durability(Durability::Replicas(replicas)).build()
    };
    for refused in [built("memory:", 1), built("redis://localhost", 0)] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("durability"), "{error}");
    }
}
