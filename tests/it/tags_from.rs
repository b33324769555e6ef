//! Tags that come of the loaded value: known only after the load, and invalidated during it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, CacheError, cached};
use cache_tests::Server;
use tokio::sync::Semaphore;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);

/// Reads its value first and then waits for leave, so that what it returns may be old by then.
struct Origin {
    org: AtomicU32,
    loads: AtomicU32,
    leave: Semaphore,
}

impl Origin {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            org: AtomicU32::new(1),
            loads: AtomicU32::new(0),
            leave: Semaphore::new(0),
        })
    }

    async fn read(&self) -> u32 {
        let org = self.org.load(Ordering::SeqCst);
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.leave.acquire().await.unwrap().forget();
        org
    }

    fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }
}

#[cached(ns = "member", ttl = "5m", tags_from = |org| [format!("org:{org}")], skip(origin))]
async fn member(origin: &Origin, id: u32) -> u32 {
    let _ = id;
    origin.read().await
}

#[cached(ns = "bad", ttl = "5m", tags_from = |_| [""])]
async fn badly_tagged(id: u32) -> u32 {
    id
}

fn caches(server: &Server) -> [Cache; 3] {
    let redis = || Cache::builder().url(server.url());
    [
        Cache::memory(),
        redis().build().unwrap(),
        redis().prefix("bare").memory_bytes(0).build().unwrap(),
    ]
}

async fn read(cache: &Cache, origin: &Origin) -> u32 {
    cache.scope(member(origin, 1)).await
}

#[tokio::test]
async fn a_tag_of_the_value_invalidates_it() {
    let server = server().await;
    for cache in caches(&server) {
        let origin = Origin::new();
        origin.leave.add_permits(10);
        assert_eq!(read(&cache, &origin).await, 1);
        origin.org.store(2, Ordering::SeqCst);
        assert_eq!(read(&cache, &origin).await, 1);
        cache.tag("org:2").invalidate().await.unwrap();
        assert_eq!(read(&cache, &origin).await, 1, "it is not of that one");
        cache.tag("org:1").invalidate().await.unwrap();
        assert_eq!(read(&cache, &origin).await, 2);
        assert_eq!(read(&cache, &origin).await, 2);
        assert_eq!(origin.loads(), 2);
        cache.tag("org:2").invalidate().await.unwrap();
        origin.org.store(3, Ordering::SeqCst);
        assert_eq!(read(&cache, &origin).await, 3);
    }
}

/// The load began before the invalidation and ends after it: its value is returned to who asked
/// before, kept nowhere, and joined by nobody who asks after.
async fn is_overtaken(reader: &Cache, writer: &Cache) {
    let origin = Origin::new();
    let ask = || {
        let (reader, origin) = (reader.clone(), Arc::clone(&origin));
        tokio::spawn(async move { read(&reader, &origin).await })
    };
    let before = ask();
    until(LIMIT, async || origin.loads() == 1).await;
    origin.org.store(2, Ordering::SeqCst);
    writer.tag("org:1").invalidate().await.unwrap();
    origin.leave.add_permits(10);
    assert_eq!(before.await.unwrap(), 1);
    assert_eq!(ask().await.unwrap(), 2);
    assert_eq!(read(writer, &origin).await, 2);
    let stats = reader.stats();
    assert_eq!(stats.namespace("member").unwrap().unstored.overtaken, 1);
    reader.namespace("member").invalidate().await.unwrap();
}

#[tokio::test]
async fn a_load_overtaken_by_an_invalidation_of_its_values_tag_is_kept_nowhere() {
    // Each on a server of its own: one leaves word there for a moment that it stored nothing.
    for n in 0..3 {
        let server = server().await;
        let cache = &caches(&server)[n];
        is_overtaken(cache, cache).await;
    }
    for n in 1..3 {
        let server = server().await;
        let (readers, writers) = (caches(&server), caches(&server));
        is_overtaken(&readers[n], &writers[n]).await;
    }
}

#[tokio::test]
async fn a_call_after_the_invalidation_joins_no_flight_that_may_carry_the_tag() {
    for cache in caches(&server().await) {
        let origin = Origin::new();
        let ask = || {
            let (cache, origin) = (cache.clone(), Arc::clone(&origin));
            tokio::spawn(async move { read(&cache, &origin).await })
        };
        let before = ask();
        until(LIMIT, async || origin.loads() == 1).await;
        origin.org.store(2, Ordering::SeqCst);
        cache.tag("org:1").invalidate().await.unwrap();
        let after = ask();
        // With a lease held elsewhere it may wait for the first load's end, and then load.
        origin.leave.add_permits(10);
        assert_eq!(before.await.unwrap(), 1);
        assert_eq!(after.await.unwrap(), 2);
    }
}

#[tokio::test]
async fn what_is_known_of_the_buckets_is_not_asked_for_again() {
    let server = server().await;
    let [_, cache, _] = caches(&server);
    let origin = Origin::new();
    origin.leave.add_permits(100);
    // Of each stamp that is asked for the rest of its life is looked at, or it is set, as a lease and an entry are.
    let asked = async || {
        let info = server.command(&[b"INFO", b"commandstats"]).await.unwrap();
        let text: String = redis::from_redis_value(info).unwrap();
        let count = |line: &str| {
            let of = ["cmdstat_set:calls=", "cmdstat_pttl:calls="];
            let calls = of.iter().find_map(|of| line.strip_prefix(of))?;
            calls.split(',').next()?.parse::<u32>().ok()
        };
        text.lines().filter_map(count).sum::<u32>()
    };
    cache.scope(member(&origin, 1)).await;
    let first = asked().await;
    assert!(first > 64, "{first}");
    cache.scope(member(&origin, 2)).await;
    let second = asked().await - first;
    assert!(second < 8, "{second}: they are known");
    cache.tag("any").invalidate().await.unwrap();
    cache.scope(member(&origin, 3)).await;
    let third = asked().await - first - second;
    assert_eq!(third, second + 1, "but for the one that changed");
}

#[tokio::test]
async fn a_put_value_carries_its_tags() {
    for cache in caches(&server().await) {
        let origin = Origin::new();
        origin.leave.add_permits(10);
        cache
            .scope(async { member_entry(1).put(7).await })
            .await
            .unwrap();
        assert_eq!(read(&cache, &origin).await, 7);
        cache.tag("org:7").invalidate().await.unwrap();
        assert_eq!(read(&cache, &origin).await, 1);
    }
}

#[tokio::test]
async fn a_value_whose_tags_are_refused_is_returned_and_counted() {
    let cache = Cache::memory();
    assert_eq!(cache.scope(badly_tagged(1)).await, 1);
    let stats = cache.stats();
    let row = stats.namespace("bad").unwrap();
    assert_eq!((row.unstored.tag, row.stores), (1, 0));
    let put = cache
        .scope(async { badly_tagged_entry(1).put(2).await })
        .await;
    assert!(
        matches!(put, Err(CacheError::Name { what: "tag", .. })),
        "{put:?}"
    );
}
