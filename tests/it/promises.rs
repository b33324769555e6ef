//! Promises that are easily broken from a distance: by a tag outside the key, a bypass, an error
//! that is not `Send`.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, bypass, cache_invalidate, cached};
use serde::{Deserialize, Deserializer, Serialize};

struct User {
    id: u32,
    org: &'static str,
}

#[cached(ns = "org", ttl = "1m", key = (user.id), tags = ["org:{user.org}"], skip(runs))]
async fn in_org(runs: &AtomicU32, user: &User) -> u32 {
    user.id + runs.fetch_add(1, Ordering::SeqCst)
}

#[cached(ns = "skipped", ttl = "1m", tags = ["org:{org}"], skip(runs, org))]
async fn skipped(runs: &AtomicU32, id: u32, org: &str) -> u32 {
    let _ = org;
    id + runs.fetch_add(1, Ordering::SeqCst)
}

/// A value loaded under one tag is not served to a call that names another, which may have been
/// invalidated since.
async fn own_tags_only(cache: Cache) {
    let runs = AtomicU32::new(0);
    let (a, b) = (User { id: 10, org: "a" }, User { id: 10, org: "b" });
    cache
        .scope(async {
            assert_eq!(in_org(&runs, &a).await, 10);
            cache.tag("org:b").invalidate().await.unwrap();
            assert_eq!(in_org(&runs, &b).await, 11);
            runs.store(0, Ordering::SeqCst);
            assert_eq!(skipped(&runs, 20, "a").await, 20);
            cache.tag("org:b").invalidate().await.unwrap();
            assert_eq!(skipped(&runs, 20, "b").await, 21);
            // The entry is one: its companion clears it under every tag.
            skipped_entry(20, "a").invalidate().await.unwrap();
            assert_eq!(skipped(&runs, 20, "b").await, 22);
        })
        .await;
}

#[tokio::test]
async fn memory_serves_no_value_under_a_tag_it_was_not_loaded_with() {
    own_tags_only(Cache::memory()).await;
    let server = crate::server().await;
    own_tags_only(Cache::builder().url(server.url()).build().unwrap()).await;
}

#[cache_invalidate(tags = ["org:a"])]
async fn write() {}

#[tokio::test]
async fn an_invalidation_is_carried_out_where_reads_are_bypassed_or_off() {
    let server = crate::server().await;
    let on = |enabled| {
        Cache::builder()
            .url(server.url())
            .memory_bytes(0)
            .enabled(enabled)
            .build()
    };
    let (reader, writer) = (on(true).unwrap(), on(false).unwrap());
    let runs = AtomicU32::new(0);
    let read = || reader.scope(skipped(&runs, 30, "a"));
    assert_eq!((read().await, read().await), (30, 30));
    reader.scope(bypass(write())).await;
    assert_eq!(read().await, 31);
    reader
        .scope(bypass(async { skipped_entry(30, "a").invalidate().await }))
        .await
        .unwrap();
    assert_eq!(read().await, 32);
    writer.scope(write()).await;
    assert_eq!(read().await, 33);
    writer
        .scope(async { skipped_entry(30, "a").put(70).await })
        .await
        .unwrap();
    assert_eq!(
        read().await,
        34,
        "a put where nothing is kept clears what was"
    );
    writer.close().await.unwrap();
    let closed = writer
        .scope(async { skipped_entry(30, "a").invalidate().await })
        .await;
    assert!(closed.is_err(), "a closed cache can't promise it");
}

#[cached(ns = "boxed", ttl = "1m")]
async fn boxed_error(id: u32) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(u32::try_from(i64::from(id))?)
}

#[tokio::test]
async fn a_future_is_send_though_its_error_is_not() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    let value = Cache::memory()
        .scope(async { boxed_error(1).await.unwrap() })
        .await;
    assert_eq!(value, 1);
    drop(is_send(boxed_error(1)));
}

/// How often its `Deserialize` was asked, as it is to learn the shape of the type.
static ASKED: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Serialize)]
struct Watched(u32);

impl<'de> Deserialize<'de> for Watched {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        u32::deserialize(deserializer).map(Self)
    }
}

#[cached(ns = "off", ttl = "5m")]
async fn watched(id: u32) -> Watched {
    Watched(id)
}

#[tokio::test]
async fn a_call_without_the_cache_costs_no_look_at_the_values_type() {
    let off = Cache::builder().enabled(false).build().unwrap();
    assert_eq!(off.scope(watched(1)).await.0, 1);
    let on = Cache::memory();
    assert_eq!(on.scope(bypass(watched(1))).await.0, 1);
    assert_eq!(ASKED.load(Ordering::SeqCst), 0);
    assert_eq!(on.scope(watched(1)).await.0, 1);
    assert!(ASKED.load(Ordering::SeqCst) > 0, "it is looked at once");
}
