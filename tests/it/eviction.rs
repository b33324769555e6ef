//! A server that is full: what `docs/operations.md` says of each policy.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, CacheError, Durability, cached};
use cache_tests::Server;

use crate::acl;
use crate::until;

const LIMIT: Duration = Duration::from_secs(20);

static ORIGIN: AtomicU32 = AtomicU32::new(0);

/// Four kilobytes, so that a thousand of them fill a small server.
#[cached(ns = "full", ttl = "5m", tags = ["full:{id}"])]
async fn value(id: u32) -> (u32, String) {
    let _ = id;
    (ORIGIN.fetch_add(1, Ordering::SeqCst), "x".repeat(4_000))
}

fn on(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url()).memory_bytes(0);
    cache.op_timeout(Duration::from_secs(5)).build().unwrap()
}

async fn set(server: &Server, name: &str, value: &str) {
    let words = [
        b"CONFIG",
        b"SET".as_slice(),
        name.as_bytes(),
        value.as_bytes(),
    ];
    server.command(&words).await.unwrap();
}

async fn info(server: &Server, field: &str) -> u64 {
    let info = server.command(&[b"INFO", b"all"]).await.unwrap();
    let text: String = redis::from_redis_value(info).unwrap();
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| *name == field).unwrap();
    value.trim().parse().unwrap()
}

#[tokio::test]
async fn without_eviction_nothing_new_is_stored_and_the_rest_goes_on() {
    let server = crate::server().await;
    let cache = on(&server);
    let read = async |id| cache.scope(value(id)).await.0;
    let first = read(1).await;
    set(&server, "maxmemory", "1").await;
    assert_eq!(read(1).await, first, "what is stored is served");
    assert_ne!(read(2).await, read(2).await, "not stored");
    let stats = cache.stats();
    let troubles = &stats.namespace("full").unwrap().troubles;
    assert_eq!(troubles.keys().collect::<Vec<_>>(), ["read: out_of_memory"]);

    let expired = cache.tag("full:1").expire().await.unwrap_err();
    assert!(
        matches!(&expired, CacheError::Unavailable { cause, .. } if cause == "out_of_memory"),
        "{expired}"
    );
    cache.tag("full:1").invalidate().await.unwrap();
    assert_ne!(read(1).await, first, "invalidated");
    set(&server, "maxmemory", "0").await;
    until(LIMIT, async || read(2).await == read(2).await).await;
}

#[tokio::test]
async fn with_eviction_hits_are_lost_and_no_invalidation_is() {
    for policy in ["allkeys-lru", "volatile-lru"] {
        let server = crate::server().await;
        let cache = on(&server);
        let used = info(&server, "used_memory").await;
        set(&server, "maxmemory-policy", policy).await;
        set(&server, "maxmemory", &(used + (1 << 20)).to_string()).await;
        let read = async |id| cache.scope(value(id)).await.0;
        for id in 0..1_000 {
            read(id).await;
        }
        assert!(info(&server, "evicted_keys").await > 0, "{policy}");
        let id = 999;
        assert_eq!(read(id).await, read(id).await, "there are hits");
        for id in 0..50 {
            let before = read(id).await;
            cache.tag(format!("full:{id}")).invalidate().await.unwrap();
            assert!(read(id).await > before, "{policy}");
        }
        let stats = cache.stats();
        let troubles = &stats.namespace("full").unwrap().troubles;
        assert!(troubles.is_empty(), "{policy}: {troubles:?}");
    }
}

#[tokio::test]
async fn every_key_has_a_ttl() {
    let server = crate::server().await;
    let cache = on(&server);
    cache.scope(acl::everything(&cache)).await;
    let durable = Cache::builder()
        .url(server.url())
        .durability(Durability::Replicas(1));
    // There is no replica; the key it writes is there all the same.
    let refused = durable.build().unwrap().tag("full:1").invalidate().await;
    assert!(refused.is_err());
    let mut kinds = std::collections::BTreeSet::new();
    for name in server.keys().await.unwrap() {
        let ttl = server.command(&[b"PTTL", name.as_bytes()]).await.unwrap();
        let ttl: i64 = redis::from_redis_value(ttl).unwrap();
        assert_ne!(ttl, -1, "{name}");
        kinds.insert(name.split(':').nth(1).unwrap().to_owned());
    }
    assert!(kinds.len() >= 4, "{kinds:?}");
}
