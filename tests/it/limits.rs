//! `load_timeout`: a load that takes too long is dropped, and counts as failed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, LoadTimeout, NamespaceStats, bypass, cached};

use crate::origin::{Origin, of_each_kind};
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq)]
enum Failed {
    Slow(Duration),
    Down,
}

impl From<LoadTimeout> for Failed {
    fn from(timeout: LoadTimeout) -> Self {
        Self::Slow(timeout.limit)
    }
}

const SLOW: Failed = Failed::Slow(Duration::from_millis(50));

#[cached(
    ns = "l",
    ttl = "1m",
    stale = "10m",
    load_timeout = "50ms",
    tags = ["l"],
    skip(origin)
)]
async fn limited(origin: &Origin, id: u32) -> Result<u32, Failed> {
    origin
        .read()
        .await
        .map(|n| n * id)
        .map_err(|_| Failed::Down)
}

#[cached(ns = "l", ttl = "1m", load_timeout = "1h", skip(origin))]
async fn patient(origin: &Origin, id: u32) -> Result<u32, Failed> {
    origin
        .read()
        .await
        .map(|n| n * id)
        .map_err(|_| Failed::Down)
}

fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("l").unwrap().clone()
}

#[tokio::test]
async fn a_load_that_takes_too_long_is_dropped_and_gives_its_lease_back() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        origin.shut();
        let answer = cache.scope(limited(&origin, 1)).await;
        assert_eq!(answer, Err(SLOW), "{kind}");
        assert_eq!(origin.ended(), 1, "{kind}: dropped before it returned");
        let seen = row(&cache);
        assert_eq!((seen.timed_out_loads, seen.failed_loads), (1, 1), "{kind}");
        until(LIMIT, async || {
            let keys = server.keys().await.unwrap();
            !keys.iter().any(|key| key.ends_with(":lease"))
        })
        .await;
        origin.reopen();
        assert_eq!(cache.scope(limited(&origin, 1)).await, Ok(1), "{kind}");
        assert_eq!(cache.scope(patient(&origin, 2)).await, Ok(2), "{kind}");
    }
}

#[tokio::test]
async fn a_stale_value_is_served_in_its_place() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        assert_eq!(cache.scope(limited(&origin, 1)).await, Ok(1));
        cache.tag("l").expire().await.unwrap();
        origin.shut();
        for _ in 0..5 {
            assert_eq!(cache.scope(limited(&origin, 1)).await, Ok(1), "{kind}");
        }
        let seen = row(&cache);
        assert_eq!(
            (seen.timed_out_loads, seen.stale_on_error),
            (1, 1),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn those_who_waited_share_the_error() {
    let (cache, origin) = (Cache::memory(), Origin::open());
    origin.shut();
    let calls = (0..20).map(|_| {
        let (cache, origin) = (cache.clone(), Arc::clone(&origin));
        tokio::spawn(async move { cache.scope(limited(&origin, 1)).await })
    });
    let calls: Vec<_> = calls.collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Err(SLOW));
    }
    assert_eq!(origin.loads(), 1);
}

#[tokio::test]
async fn the_limit_is_the_caches_and_not_the_functions() {
    let (cache, origin) = (Cache::memory(), Origin::open());
    origin.shut();
    let call = {
        let (cache, origin) = (cache.clone(), Arc::clone(&origin));
        tokio::spawn(async move { cache.scope(bypass(limited(&origin, 3))).await })
    };
    until(LIMIT, async || origin.loads() == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    origin.reopen();
    assert_eq!(call.await.unwrap(), Ok(3));
}

#[tokio::test]
async fn a_refresh_by_hand_has_the_limit_too() {
    let (cache, origin) = (Cache::memory(), Origin::open());
    origin.shut();
    let start = Instant::now();
    let answer = cache
        .scope(async { limited_entry(1).refresh(limited(&origin, 1)).await })
        .await;
    assert_eq!(answer, Err(SLOW));
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn an_error_says_the_limit_and_what_to_do() {
    #[derive(Debug)]
    struct Kept(LoadTimeout);
    impl From<LoadTimeout> for Kept {
        fn from(timeout: LoadTimeout) -> Self {
            Self(timeout)
        }
    }
    #[cached(ttl = "1m", load_timeout = "20ms")]
    async fn hangs() -> Result<u32, Kept> {
        std::future::pending().await
    }
    let Kept(error) = Cache::memory().scope(hangs()).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("20ms") && said.contains("raise"), "{said}");
}

#[cached(
    ns = "l-task",
    ttl = "1m",
    stale = "10m",
    refresh = "background",
    load_timeout = "50ms",
    tags = ["l"],
    skip(origin)
)]
async fn in_a_task(origin: Arc<Origin>) -> Result<u32, Failed> {
    origin.read().await.map_err(|_| Failed::Down)
}

#[tokio::test]
async fn a_task_has_its_limit_too() {
    let (cache, origin) = (Cache::memory(), Origin::open());
    let call = async || cache.scope(in_a_task(Arc::clone(&origin))).await;
    assert_eq!(call().await, Ok(1));
    cache.tag("l").expire().await.unwrap();
    origin.shut();
    assert_eq!(call().await, Ok(1));
    let timed_out = || cache.stats().namespace("l-task").unwrap().timed_out_loads;
    until(LIMIT, async || timed_out() == 1).await;
    assert_eq!(origin.ended(), 2);
}
