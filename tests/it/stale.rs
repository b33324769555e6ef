//! The stale window: what is past its ttl, or expired by hand, is served while one call refreshes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, Clock, cached};
use tokio::sync::Semaphore;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);

/// An origin whose loads wait for leave.
struct Origin {
    value: AtomicU32,
    loads: AtomicU32,
    leave: Semaphore,
}

impl Origin {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            value: AtomicU32::new(1),
            loads: AtomicU32::new(0),
            leave: Semaphore::new(1),
        })
    }

    async fn read(&self) -> Result<u32, String> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let value = self.value.load(Ordering::SeqCst);
        self.leave.acquire().await.unwrap().forget();
        match value {
            0 => Err("down".to_owned()),
            value => Ok(value),
        }
    }

    fn set(&self, value: u32) {
        self.value.store(value, Ordering::SeqCst);
    }

    fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }
}

/// On a machine that is busy, which is no outage.
fn patient(url: String) -> Cache {
    let builder = Cache::builder().url(url);
    builder.op_timeout(Duration::from_secs(5)).build().unwrap()
}

#[cached(ns = "stale", ttl = "1m", stale = "10m", tags = ["t:{id}"], skip(origin))]
async fn windowed(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(
    ns = "strongly",
    ttl = "1m",
    stale = "10m",
    consistency = "strong",
    tags = ["t:{id}"],
    skip(origin)
)]
async fn windowed_strong(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(ns = "none", ttl = "1m", tags = ["t:{id}"], skip(origin))]
async fn unwindowed(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

fn embedded() -> (Cache, Clock) {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    (cache, clock)
}

/// One call refreshes and waits for the origin; whoever else comes gets the old value at once.
async fn is_refreshed_by_one_call(cache: &Cache, origin: &Arc<Origin>) {
    let (loads, stale) = (origin.loads(), stale_hits(cache));
    origin.set(2);
    let refresher = {
        let (cache, origin) = (cache.clone(), Arc::clone(origin));
        tokio::spawn(async move { cache.scope(windowed(&origin, 1)).await })
    };
    until(LIMIT, async || origin.loads() == loads + 1).await;
    for _ in 0..10 {
        assert_eq!(cache.scope(windowed(origin, 1)).await, Ok(1));
    }
    assert_eq!(stale_hits(cache), stale + 10);
    origin.leave.add_permits(1);
    assert_eq!(refresher.await.unwrap(), Ok(2));
    assert_eq!(cache.scope(windowed(origin, 1)).await, Ok(2));
    assert_eq!(origin.loads(), loads + 1);
}

fn stale_hits(cache: &Cache) -> u64 {
    let stats = cache.stats();
    stats.namespace("stale").map_or(0, |row| row.stale_hits)
}

#[tokio::test]
async fn past_its_ttl_a_value_is_served_while_one_call_refreshes_it() {
    let (cache, clock) = embedded();
    let origin = Origin::new();
    assert_eq!(cache.scope(windowed(&origin, 1)).await, Ok(1));
    clock.advance(MINUTE);
    is_refreshed_by_one_call(&cache, &origin).await;
}

#[tokio::test]
async fn where_the_origin_fails_a_stale_value_is_served_until_its_window_ends() {
    let (cache, clock) = embedded();
    let origin = Origin::new();
    assert_eq!(cache.scope(windowed(&origin, 1)).await, Ok(1));
    origin.set(0);
    origin.leave.add_permits(10);
    clock.advance(MINUTE);
    assert_eq!(cache.scope(windowed(&origin, 1)).await, Ok(1));
    clock.advance(10 * MINUTE);
    assert!(cache.scope(windowed(&origin, 1)).await.is_err());
    let stats = cache.stats();
    let row = stats.namespace("stale").unwrap();
    assert_eq!((row.stale_hits, row.failed_loads), (1, 2));
}

#[tokio::test]
async fn what_is_invalid_is_never_served_as_stale() {
    let server = server().await;
    for (cache, clock) in [embedded(), (patient(server.url()), Clock::manual())] {
        let origin = Origin::new();
        assert_eq!(cache.scope(windowed(&origin, 1)).await, Ok(1));
        cache.tag("t:1").expire().await.unwrap();
        clock.advance(MINUTE);
        cache.tag("t:1").invalidate().await.unwrap();
        origin.set(0);
        origin.leave.add_permits(1);
        assert!(cache.scope(windowed(&origin, 1)).await.is_err());
    }
}

#[tokio::test]
async fn what_was_expired_by_hand_is_refreshed_by_one_call() {
    let server = server().await;
    for cache in [
        Cache::memory(),
        patient(server.url()),
        Cache::builder()
            .url(server.url())
            .prefix("bare")
            .memory_bytes(0)
            .build()
            .unwrap(),
    ] {
        for how in ["tag", "namespace", "entry"] {
            let origin = Origin::new();
            cache
                .scope(async { windowed_entry(1).invalidate().await })
                .await
                .unwrap();
            assert_eq!(cache.scope(windowed(&origin, 1)).await, Ok(1));
            match how {
                "tag" => cache.tag("t:1").expire().await.unwrap(),
                "namespace" => cache.namespace("stale").expire().await.unwrap(),
                _ => cache
                    .scope(async { windowed_entry(1).expire().await })
                    .await
                    .unwrap(),
            }
            let seen = cache
                .scope(async { windowed_entry(1).inspect().await })
                .await
                .unwrap();
            assert!(
                seen.fresh_for.is_zero() && seen.stale_for > 9 * MINUTE,
                "{how}: {seen:?}"
            );
            let got = cache.scope(async { windowed_entry(1).get().await }).await;
            assert_eq!(got, None, "only what is fresh is got");
            is_refreshed_by_one_call(&cache, &origin).await;
        }
    }
}

#[tokio::test]
async fn without_a_window_what_was_expired_is_loaded_at_once() {
    let server = server().await;
    for cache in [Cache::memory(), patient(server.url())] {
        for how in ["tag", "namespace", "entry"] {
            let origin = Origin::new();
            cache
                .scope(async { unwindowed_entry(1).invalidate().await })
                .await
                .unwrap();
            assert_eq!(cache.scope(unwindowed(&origin, 1)).await, Ok(1));
            match how {
                "tag" => cache.tag("t:1").expire().await.unwrap(),
                "namespace" => cache.namespace("none").expire().await.unwrap(),
                _ => cache
                    .scope(async { unwindowed_entry(1).expire().await })
                    .await
                    .unwrap(),
            }
            origin.set(2);
            origin.leave.add_permits(1);
            assert_eq!(cache.scope(unwindowed(&origin, 1)).await, Ok(2), "{how}");
        }
    }
}

#[tokio::test]
async fn while_another_process_refreshes_all_of_this_one_are_served_stale() {
    let server = server().await;
    let cache = || patient(server.url());
    let (a, b) = (cache(), cache());
    let origin = Origin::new();
    assert_eq!(a.scope(windowed(&origin, 1)).await, Ok(1));
    assert_eq!(b.scope(windowed(&origin, 1)).await, Ok(1));
    b.tag("t:1").expire().await.unwrap();
    origin.set(2);
    let refresher = {
        let (a, origin) = (a.clone(), Arc::clone(&origin));
        // Until it is told of what the other did, it has a fresh value.
        let refreshed = async move || loop {
            match a.scope(windowed(&origin, 1)).await {
                Ok(1) => tokio::task::yield_now().await,
                refreshed => return refreshed,
            }
        };
        tokio::spawn(async move { refreshed().await })
    };
    until(LIMIT, async || origin.loads() == 2).await;
    for _ in 0..10 {
        assert_eq!(b.scope(windowed(&origin, 1)).await, Ok(1));
    }
    origin.leave.add_permits(1);
    assert_eq!(refresher.await.unwrap(), Ok(2));
    until(LIMIT, async || b.scope(windowed(&origin, 1)).await == Ok(2)).await;
    assert_eq!(origin.loads(), 2);
}

#[tokio::test]
async fn a_strong_site_is_served_stale_only_what_it_read_itself() {
    let server = server().await;
    let cache = patient(server.url());
    let origin = Origin::new();
    assert_eq!(cache.scope(windowed_strong(&origin, 1)).await, Ok(1));
    cache.tag("t:1").expire().await.unwrap();
    origin.set(2);
    let refresher = {
        let (cache, origin) = (cache.clone(), Arc::clone(&origin));
        tokio::spawn(async move { cache.scope(windowed_strong(&origin, 1)).await })
    };
    until(LIMIT, async || origin.loads() == 2).await;
    assert_eq!(cache.scope(windowed_strong(&origin, 1)).await, Ok(1));
    cache.tag("t:1").invalidate().await.unwrap();
    let follower = {
        let (cache, origin) = (cache.clone(), Arc::clone(&origin));
        tokio::spawn(async move { cache.scope(windowed_strong(&origin, 1)).await })
    };
    origin.set(3);
    origin.leave.add_permits(2);
    assert_eq!(refresher.await.unwrap(), Ok(2));
    assert_eq!(
        follower.await.unwrap(),
        Ok(3),
        "no load that began before the invalidation"
    );
}
