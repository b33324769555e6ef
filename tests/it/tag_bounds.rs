//! What the tags of a value may cost: how many there may be, and what is done where Redis has no room for
//! what they rest on.

use std::time::Duration;

use cache_runtime::{Cache, CacheError, NamespaceStats, cached};
use cache_tests::Server;

use crate::server;

/// As many as an entry may have, as the docs say.
const MOST: u32 = 1_024;

#[cached(ns = "org", ttl = "5m", tags_from = |org| [format!("org:{org}")])]
async fn org(id: u32) -> u32 {
    id
}

/// The tags of `0..count`, each twice.
#[cached(ns = "many", ttl = "5m", tags_from = |count| {
    (0..*count).chain(0..*count).map(|n| format!("many:{n}")).collect::<Vec<_>>()
})]
async fn many(count: u32) -> u32 {
    count
}

fn row(cache: &Cache, namespace: &str) -> NamespaceStats {
    cache.stats().namespace(namespace).unwrap().clone()
}

async fn full(server: &Server) {
    let full = [b"CONFIG".as_slice(), b"SET", b"maxmemory", b"1"];
    server.command(&full).await.unwrap();
}

/// How many bytes the server was sent.
async fn sent(server: &Server) -> u32 {
    let info = server.command(&[b"INFO", b"stats"]).await.unwrap();
    let text: String = redis::from_redis_value(info).unwrap();
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix("total_net_input_bytes:"));
    count.unwrap().parse().unwrap()
}

fn of_each_kind(server: &Server) -> [Cache; 3] {
    let redis = || Cache::builder().url(server.url());
    [
        Cache::memory(),
        redis().build().unwrap(),
        redis().prefix("bare").memory_bytes(0).build().unwrap(),
    ]
}

#[tokio::test]
async fn on_a_full_server_what_could_not_be_made_is_not_asked_for_by_each_call() {
    let server = server().await;
    full(&server).await;
    let cache = Cache::builder().url(server.url()).build().unwrap();
    assert_eq!(cache.scope(org(0)).await, 0);
    let before = sent(&server).await;
    for id in 1..=20 {
        assert_eq!(cache.scope(org(id)).await, id);
    }
    let each = (sent(&server).await - before) / 20;
    // Each of the 64 buckets takes some 75.
    assert!(each < 64 * 40, "{each} bytes a call");
    let troubles = row(&cache, "org").counts.troubles;
    assert!(
        troubles.contains_key("note the buckets of tags: out_of_memory"),
        "{troubles:?}"
    );
}

/// A bucket under whose name stands something else can't be read, nor made.
#[tokio::test]
async fn a_bucket_that_can_not_be_made_costs_the_values_that_fall_into_it_and_no_others() {
    const VALUES: u32 = 300;
    let server = server().await;
    server
        .command(&[b"RPUSH", b"cache:b:{5}", b"foreign"])
        .await
        .unwrap();
    let cache = Cache::builder()
        .url(server.url())
        .memory_bytes(0)
        .build()
        .unwrap();
    for id in 0..VALUES {
        assert_eq!(cache.scope(org(id)).await, id);
    }
    let found = row(&cache, "org");
    assert_eq!(
        found.stores + found.unstored.outage,
        u64::from(VALUES),
        "{found:?}"
    );
    // One of 64 buckets: some five of the values.
    assert!(
        (1..30).contains(&found.unstored.outage),
        "{:?}",
        found.unstored
    );
    server.command(&[b"DEL", b"cache:b:{5}"]).await.unwrap();
    crate::until(Duration::from_secs(10), async || {
        for id in 0..VALUES {
            cache.scope(org(id)).await;
        }
        row(&cache, "org").stores == u64::from(VALUES)
    })
    .await;
}

#[tokio::test]
async fn a_value_has_as_many_tags_as_an_entry_may_and_each_of_them_invalidates_it() {
    for cache in of_each_kind(&server().await) {
        cache.scope(many(MOST)).await;
        for tag in [0, MOST / 2, MOST - 1] {
            cache.tag(format!("many:{tag}")).invalidate().await.unwrap();
            cache.scope(many(MOST)).await;
        }
        cache.scope(many(MOST)).await;
        let row = row(&cache, "many");
        assert_eq!((row.loads, row.stores, row.hits()), (4, 4, 1), "{row:?}");
    }
}

#[tokio::test]
async fn a_value_with_more_tags_is_returned_and_counted_and_its_put_says_so() {
    for cache in of_each_kind(&server().await) {
        for count in [MOST + 1, 100_000] {
            assert_eq!(cache.scope(many(count)).await, count);
        }
        let unstored = row(&cache, "many").counts.unstored;
        assert_eq!((unstored.too_many_tags, row(&cache, "many").stores), (2, 0));
        let put = cache
            .scope(async { many_entry(1).put(MOST + 1).await })
            .await;
        assert_eq!(put, Err(CacheError::TooManyTags { limit: 1_024 }));
        assert_eq!(cache.scope(org(1)).await, 1, "and nobody else is held up");
        assert!(
            row(&cache, "org").troubles.is_empty(),
            "{:?}",
            row(&cache, "org").troubles
        );
    }
}
