//! `early`: a fresh entry is refreshed before its end by one caller that draws it, while the others
//! are served it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, NamespaceStats, Policy, cached};

use crate::origin::{Origin, of_each_kind};
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);

/// So much that every hit draws a refresh.
const ALWAYS: f64 = 1e12;

#[cached(ns = "e", ttl = "1m", early = ALWAYS, tags = ["e:{id}"], skip(origin))]
async fn always(origin: Arc<Origin>, id: u32) -> Result<u32, String> {
    let _ = id;
    // What a load takes is measured in microseconds.
    tokio::time::sleep(Duration::from_millis(2)).await;
    origin.read().await
}

#[cached(
    ns = "e",
    ttl = "1m",
    early = ALWAYS,
    refresh = "background",
    tags = ["e:{id}"],
    skip(origin)
)]
async fn by_a_task(origin: Arc<Origin>, id: u32) -> Result<u32, String> {
    let _ = id;
    tokio::time::sleep(Duration::from_millis(2)).await;
    origin.read().await
}

#[cached(
    ns = "e",
    ttl = "1m",
    early = ALWAYS,
    consistency = "strong",
    tags = ["e:{id}"],
    skip(origin)
)]
async fn always_strong(origin: Arc<Origin>, id: u32) -> Result<u32, String> {
    let _ = id;
    tokio::time::sleep(Duration::from_millis(2)).await;
    origin.read().await
}

fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("e").unwrap().clone()
}

macro_rules! call {
    ($cache:expr, $site:ident, $origin:expr) => {{
        let (cache, origin) = ($cache.clone(), Arc::clone(&$origin));
        tokio::spawn(async move { cache.scope($site(origin, 1)).await })
    }};
}

macro_rules! is_brought_forward {
    ($kind:expr, $cache:expr, $site:ident, $origin:expr) => {{
        let (kind, cache, origin) = ($kind, &$cache, &$origin);
        assert_eq!(call!(cache, $site, origin).await.unwrap(), Ok(1), "{kind}");
        origin.set(2);
        origin.shut();
        let refresher = call!(cache, $site, origin);
        until(LIMIT, async || origin.loads() == 2).await;
        for _ in 0..10 {
            let other = call!(cache, $site, origin).await.unwrap();
            assert_eq!(other, Ok(1), "{kind}: still fresh");
        }
        assert_eq!(origin.loads(), 2, "{kind}");
        origin.reopen();
        refresher.await.unwrap().unwrap()
    }};
}

#[tokio::test]
async fn one_caller_refreshes_and_the_others_are_served_what_is_fresh() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        let refreshed = is_brought_forward!(kind, cache, always, origin);
        assert_eq!(refreshed, 2, "{kind}");
        let seen = row(&cache);
        assert!(
            seen.misses.early >= 1 && seen.stale_hits == 0,
            "{kind}: {seen:?}"
        );
    }
}

#[tokio::test]
async fn a_strong_site_does_the_same_by_its_own_reads() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        let refreshed = is_brought_forward!(kind, cache, always_strong, origin);
        assert_eq!(refreshed, 2, "{kind}");
    }
}

#[tokio::test]
async fn or_a_task_refreshes_it() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        let refreshed = is_brought_forward!(kind, cache, by_a_task, origin);
        assert_eq!(refreshed, 1, "{kind}");
        until(LIMIT, async || {
            call!(cache, by_a_task, origin).await.unwrap() == Ok(2)
        })
        .await;
    }
}

#[tokio::test]
async fn in_a_fleet_one_process_refreshes() {
    let server = server().await;
    let cache = || {
        let builder = Cache::builder().url(server.url()).jitter(0.0);
        builder.op_timeout(Duration::from_secs(5)).build().unwrap()
    };
    let (one, two, origin) = (cache(), cache(), Origin::open());
    assert_eq!(call!(one, always, origin).await.unwrap(), Ok(1));
    origin.set(2);
    origin.shut();
    let refresher = call!(one, always, origin);
    until(LIMIT, async || origin.loads() == 2).await;
    for _ in 0..10 {
        assert_eq!(call!(two, always, origin).await.unwrap(), Ok(1));
    }
    assert_eq!(origin.loads(), 2);
    origin.reopen();
    assert_eq!(refresher.await.unwrap(), Ok(2));
}

#[tokio::test]
async fn where_the_load_fails_the_fresh_value_is_served_on() {
    let server = server().await;
    for (kind, cache, clock) in of_each_kind(&server) {
        let origin = Origin::open();
        assert_eq!(call!(cache, always, origin).await.unwrap(), Ok(1));
        origin.set(0);
        for _ in 0..10 {
            assert_eq!(call!(cache, always, origin).await.unwrap(), Ok(1), "{kind}");
        }
        assert_eq!(origin.loads(), 2, "{kind}: it backs off");
        let seen = row(&cache);
        assert_eq!((seen.stale_hits, seen.stale_on_error), (0, 0), "{kind}");
        clock.advance(Duration::from_millis(250));
        until(LIMIT, async || {
            assert_eq!(call!(cache, always, origin).await.unwrap(), Ok(1));
            origin.loads() == 3
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_invalidated_is_not_served_while_it_is_refreshed() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        assert_eq!(call!(cache, always, origin).await.unwrap(), Ok(1));
        origin.shut();
        let refresher = call!(cache, always, origin);
        until(LIMIT, async || origin.loads() == 2).await;
        cache.tag("e:1").invalidate().await.unwrap();
        origin.set(2);
        let after = call!(cache, always, origin);
        tokio::task::yield_now().await;
        origin.reopen();
        refresher.await.unwrap().unwrap();
        assert_eq!(after.await.unwrap(), Ok(2), "{kind}");
    }
}

#[tokio::test]
async fn far_from_its_end_hardly_any_call_draws_it() {
    let (cache, loads) = (Cache::memory(), AtomicU32::new(0));
    let policy = Policy::new(Duration::from_secs(3_600)).early(1.0);
    for _ in 0..1_000 {
        let load = async { Ok::<_, String>(loads.fetch_add(1, Ordering::SeqCst)) };
        cache
            .get_or_load("far", "key", &policy, load)
            .await
            .unwrap();
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    // By hand it works as by annotation.
    let policy = Policy::new(Duration::from_secs(3_600)).early(ALWAYS);
    for _ in 0..3 {
        let load = async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok::<_, String>(loads.fetch_add(1, Ordering::SeqCst))
        };
        cache
            .get_or_load("near", "key", &policy, load)
            .await
            .unwrap();
    }
    assert_eq!(loads.load(Ordering::SeqCst), 4);
}
