//! Everything at once: no namespace of the cache is served as it was, in any process, and none of another cache is
//! touched.

use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, CacheError, Policy, cached};
use cache_tests::{Cluster, Sentinels};
use tokio::sync::Semaphore;

use crate::until;

const LIMIT: Duration = Duration::from_secs(60);

/// Of so many namespaces each master of a cluster has the stamps of some.
const NAMESPACES: u32 = 30;

const POLICY: Policy = Policy::new(Duration::from_secs(300));

/// On a machine that is busy, which is no outage.
fn on(url: String) -> CacheBuilder {
    Cache::builder().url(url).op_timeout(Duration::from_secs(2))
}

fn hasty(url: String) -> Cache {
    let builder = Cache::builder().url(url);
    builder
        .op_timeout(Duration::from_millis(200))
        .build()
        .unwrap()
}

/// What a cache gives of an entry in each of the namespaces.
async fn all(cache: &Cache, origin: &AtomicU32) -> Vec<u32> {
    let mut seen = Vec::new();
    for namespace in 0..NAMESPACES {
        let load = async { Ok::<_, String>(origin.load(Ordering::SeqCst)) };
        let namespace = format!("all::n{namespace}");
        seen.push(
            cache
                .get_or_load(&namespace, &1, &POLICY, load)
                .await
                .unwrap(),
        );
    }
    seen
}

fn each(value: u32) -> Vec<u32> {
    vec![value; NAMESPACES as usize]
}

/// Whichever process invalidates, both are served what is loaded after it.
async fn reaches_every_process(url: &str) {
    let (a, b) = (
        on(url.to_owned()).build().unwrap(),
        on(url.to_owned()).build().unwrap(),
    );
    let other = on(url.to_owned()).prefix("other").build().unwrap();
    let origin = AtomicU32::new(1);
    for cache in [&a, &b, &other] {
        assert_eq!(all(cache, &origin).await, each(1));
    }
    for (value, cache) in [(2, &a), (3, &b)] {
        origin.store(value, Ordering::SeqCst);
        cache.invalidate_all().await.unwrap();
        assert_eq!(all(cache, &origin).await, each(value), "at once");
        for cache in [&a, &b] {
            until(LIMIT, async || all(cache, &origin).await == each(value)).await;
        }
    }
    assert_eq!(all(&other, &origin).await, each(1), "of another cache");
    let stats = a.stats();
    let counted = stats.namespaces.iter().map(|row| row.invalidations);
    assert_eq!(counted.sum::<u64>(), u64::from(NAMESPACES));
}

#[tokio::test]
async fn on_one_node_it_reaches_every_process() {
    let server = crate::server().await;
    reaches_every_process(&server.url()).await;
}

#[tokio::test]
async fn on_a_cluster_it_reaches_every_process() {
    let cluster = Cluster::start().await.unwrap();
    reaches_every_process(&cluster.url()).await;
}

#[tokio::test]
async fn behind_sentinels_it_reaches_every_process() {
    let fleet = Sentinels::with(0, &[]).await.unwrap();
    reaches_every_process(&fleet.url()).await;
}

/// An origin whose loads wait between what they read and their return.
struct Held {
    value: AtomicU32,
    reads: AtomicU32,
    leave: Semaphore,
}

#[cached(ns = "all::slow", ttl = "5m", skip(origin))]
async fn slow(origin: &Held) -> u32 {
    let value = origin.value.load(Ordering::SeqCst);
    origin.reads.fetch_add(1, Ordering::SeqCst);
    origin.leave.acquire().await.unwrap().forget();
    value
}

/// A load that began before is neither joined, nor served to who comes after it.
async fn overtakes_a_load(invalidates: &Cache, loads: &Cache) {
    let origin = Held {
        value: AtomicU32::new(1),
        reads: AtomicU32::new(0),
        leave: Semaphore::new(0),
    };
    let mut older = std::pin::pin!(loads.scope(slow(&origin)));
    let has_read = until(LIMIT, async || origin.reads.load(Ordering::SeqCst) == 1);
    tokio::select! {
        value = &mut older => panic!("it waits for leave, and gave {value}"),
        () = has_read => {}
    }
    origin.value.store(2, Ordering::SeqCst);
    invalidates.invalidate_all().await.unwrap();
    origin.leave.add_permits(100);
    let later = loads.scope(slow(&origin));
    assert_eq!(tokio::join!(older, later), (1, 2));
    for cache in [loads, invalidates] {
        assert_eq!(cache.scope(slow(&origin)).await, 2);
    }
}

#[tokio::test]
async fn a_load_that_began_before_serves_nobody_who_comes_after() {
    let server = crate::server().await;
    let strict = || on(server.url()).memory_bytes(0).build().unwrap();
    overtakes_a_load(&strict(), &strict()).await;
    let cache = on(server.url()).prefix("one").build().unwrap();
    overtakes_a_load(&cache, &cache).await;
    let memory = Cache::memory();
    overtakes_a_load(&memory, &memory).await;
    let test = Cache::testing();
    overtakes_a_load(test.cache(), test.cache()).await;
}

#[tokio::test]
async fn what_a_hung_server_does_not_acknowledge_is_owed_and_done_when_it_is_back() {
    let server = crate::server().await;
    let (owes, other) = (hasty(server.url()), on(server.url()).build().unwrap());
    let origin = AtomicU32::new(1);
    for cache in [&owes, &other] {
        assert_eq!(all(cache, &origin).await, each(1));
    }
    server.pause().unwrap();
    origin.store(2, Ordering::SeqCst);
    let error = owes.invalidate_all().await.unwrap_err();
    assert!(matches!(error, CacheError::Unavailable { .. }), "{error}");
    assert_eq!(owes.health().owed, ["everything"]);
    assert_eq!(
        all(&owes, &origin).await,
        each(2),
        "nothing older is served"
    );
    server.resume().unwrap();
    assert_eq!(all(&owes, &origin).await, each(2), "from Redis neither");
    until(LIMIT, async || owes.health().owed_invalidations == 0).await;
    until(LIMIT, async || all(&other, &origin).await == each(2)).await;
}

#[tokio::test]
async fn while_the_server_is_killed_it_is_an_error_and_the_process_serves_nothing_older() {
    let mut server = crate::server().await;
    let cache = hasty(server.url());
    let origin = AtomicU32::new(1);
    assert_eq!(all(&cache, &origin).await, each(1));
    server.kill9().unwrap();
    origin.store(2, Ordering::SeqCst);
    assert!(cache.invalidate_all().await.is_err());
    assert_eq!(all(&cache, &origin).await, each(2));
    server.restart().await.unwrap();
    until(LIMIT, async || cache.health().owed_invalidations == 0).await;
    until(LIMIT, async || {
        let before = all(&cache, &origin).await;
        origin.fetch_add(1, Ordering::SeqCst);
        all(&cache, &origin).await == before
    })
    .await;
}

#[tokio::test]
async fn once_polled_it_is_carried_out() {
    let server = crate::server().await;
    let (drops, other) = (
        on(server.url()).build().unwrap(),
        on(server.url()).build().unwrap(),
    );
    let origin = AtomicU32::new(1);
    for cache in [&drops, &other] {
        assert_eq!(all(cache, &origin).await, each(1));
    }
    origin.store(2, Ordering::SeqCst);
    // It might be answered by the end of the first look at it.
    server.pause().unwrap();
    {
        let mut dropped = std::pin::pin!(drops.invalidate_all());
        let mut context = Context::from_waker(Waker::noop());
        assert!(dropped.as_mut().poll(&mut context).is_pending());
    }
    server.resume().unwrap();
    until(LIMIT, async || all(&other, &origin).await == each(2)).await;
}

#[tokio::test]
async fn a_cache_for_a_test_forgets_all_it_has() {
    let test = Cache::testing();
    let origin = AtomicU32::new(1);
    assert_eq!(all(test.cache(), &origin).await, each(1));
    origin.store(2, Ordering::SeqCst);
    assert_eq!(all(test.cache(), &origin).await, each(1), "hits");
    test.cache().invalidate_all().await.unwrap();
    assert_eq!(all(test.cache(), &origin).await, each(2));
}
