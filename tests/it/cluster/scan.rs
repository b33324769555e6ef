//! A walk over readable keys asks every master.

use cache_runtime::CacheError;

use super::*;
use crate::server;

#[cached(ns = "people", ttl = "5m", key = "person:{name}", skip(origin))]
async fn person(origin: &AtomicU32, name: String) -> u32 {
    name.len() as u32 + origin.load(Ordering::SeqCst)
}

async fn found(cache: &Cache, pattern: &str) -> Vec<String> {
    let mut scan = cache.scan(pattern).unwrap();
    let mut keys = Vec::new();
    while let Some(found) = scan.next().await.unwrap() {
        keys.extend(found.into_iter().map(|found| {
            assert_eq!(found.namespace, "people");
            found.key
        }));
    }
    keys.sort();
    keys.dedup();
    keys
}

async fn a_walk_finds_and_clears_what_matches(url: String) {
    let cache = Cache::builder().url(url).build().unwrap();
    let origin = AtomicU32::new(1);
    for number in 0..1_500 {
        cache.scope(person(&origin, format!("ann{number}"))).await;
        cache.scope(bounded(&origin, number)).await;
    }
    cache.scope(person(&origin, "b b".to_owned())).await;
    assert_eq!(found(&cache, "person:ann*").await.len(), 1_500);
    assert_eq!(found(&cache, "person:ann1?").await.len(), 10);
    assert_eq!(found(&cache, "person:b%20b").await, ["person:b%20b"]);
    assert_eq!(
        found(&cache, "*").await.len(),
        1_501,
        "hashed keys are not found"
    );
    assert_eq!(found(&cache, "nobody").await, [""; 0]);

    origin.store(2, Ordering::SeqCst);
    assert_eq!(
        cache.invalidate_matching("person:ann1??").await.unwrap(),
        100
    );
    for (name, value) in [("ann123", 8), ("ann12", 6), ("b b", 4)] {
        let called = cache.scope(person(&origin, name.to_owned())).await;
        assert_eq!(called, value, "{name}");
    }
    assert!(matches!(
        cache.scan("a{b").unwrap_err(),
        CacheError::Name {
            what: "pattern",
            ..
        }
    ));
}

#[tokio::test]
async fn on_every_master_of_a_cluster() {
    let cluster = Cluster::start().await.unwrap();
    a_walk_finds_and_clears_what_matches(cluster.url()).await;
}

#[tokio::test]
async fn on_one_node() {
    let server = server().await;
    a_walk_finds_and_clears_what_matches(server.url()).await;
}

#[tokio::test]
async fn memory_keeps_no_names() {
    let mut scan = Cache::memory().scan("*").unwrap();
    assert!(
        scan.next()
            .await
            .unwrap_err()
            .to_string()
            .contains("memory:")
    );
}
