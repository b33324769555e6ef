//! `refresh = "background"`: who finds an entry stale serves it, and a task refreshes it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cache_runtime::{Cache, Clock, NamespaceStats, cached};
use tracing::Instrument as _;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

use crate::origin::{Origin, of_each_kind};
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);

#[cached(
    ns = "bg",
    ttl = "1m",
    stale = "10m",
    refresh = "background",
    tags = ["bg:{id}", "bg"],
    skip(origin)
)]
async fn aged(origin: Arc<Origin>, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(
    ns = "bg",
    ttl = "1m",
    stale = "10m",
    refresh = "background",
    consistency = "strong",
    tags = ["bg:{id}", "bg"],
    skip(origin)
)]
async fn aged_strong(origin: Arc<Origin>, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

async fn call(cache: &Cache, origin: &Arc<Origin>, id: u32) -> Result<u32, String> {
    cache.scope(aged(Arc::clone(origin), id)).await
}

fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("bg").unwrap().clone()
}

async fn is_refreshed_by_a_task(kind: &str, cache: &Cache, strong: bool) {
    let origin = Origin::open();
    let call = async || {
        let origin = Arc::clone(&origin);
        match strong {
            true => cache.scope(aged_strong(origin, 1)).await,
            false => cache.scope(aged(origin, 1)).await,
        }
    };
    assert_eq!(call().await, Ok(1));
    cache.tag("bg").expire().await.unwrap();
    origin.set(2);
    origin.shut();
    assert_eq!(call().await, Ok(1), "{kind}: it waits for nobody");
    until(LIMIT, async || origin.loads() == 2).await;
    for _ in 0..20 {
        assert_eq!(call().await, Ok(1), "{kind}");
    }
    origin.reopen();
    until(LIMIT, async || call().await == Ok(2)).await;
    assert_eq!(origin.loads(), 2, "{kind}");
}

#[tokio::test]
async fn its_finder_and_all_others_are_served_the_stale_value() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        is_refreshed_by_a_task(kind, &cache, false).await;
    }
}

#[tokio::test]
async fn a_strong_site_serves_what_it_read_and_has_a_task_refresh_it() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        is_refreshed_by_a_task(kind, &cache, true).await;
    }
}

#[tokio::test]
async fn a_cold_entry_is_loaded_by_its_caller_once() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        let calls = (0..50).map(|_| {
            let (cache, origin) = (cache.clone(), Arc::clone(&origin));
            tokio::spawn(async move { call(&cache, &origin, 1).await })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.unwrap(), Ok(1));
        }
        assert_eq!(origin.loads(), 1, "{kind}");
    }
}

#[tokio::test]
async fn what_is_invalidated_while_a_task_refreshes_it_is_loaded_anew() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        cache.tag("bg").expire().await.unwrap();
        origin.set(2);
        origin.shut();
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        until(LIMIT, async || origin.loads() == 2).await;
        cache.tag("bg").invalidate().await.unwrap();
        origin.set(3);
        let after = {
            let (cache, origin) = (cache.clone(), Arc::clone(&origin));
            tokio::spawn(async move { call(&cache, &origin, 1).await })
        };
        // The task ends first, and may not store; a call that began after the invalidation loads.
        tokio::task::yield_now().await;
        origin.reopen();
        assert_eq!(after.await.unwrap(), Ok(3), "{kind}");
        until(LIMIT, async || origin.ended() == origin.loads()).await;
        assert_eq!(call(&cache, &origin, 1).await, Ok(3), "{kind}");
    }
}

#[tokio::test]
async fn past_the_cap_none_is_started() {
    let server = server().await;
    let on = |builder: cache_runtime::CacheBuilder| builder.max_refreshes(1).build().unwrap();
    for cache in [on(Cache::builder()), on(Cache::builder().url(server.url()))] {
        let origin = Origin::open();
        for id in [1, 2] {
            assert_eq!(call(&cache, &origin, id).await, Ok(1));
        }
        cache.tag("bg").expire().await.unwrap();
        origin.set(2);
        origin.shut();
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        until(LIMIT, async || origin.loads() == 3).await;
        for _ in 0..5 {
            assert_eq!(call(&cache, &origin, 2).await, Ok(1));
        }
        assert_eq!((origin.loads(), row(&cache).skipped_refreshes), (3, 5));
        origin.reopen();
        until(LIMIT, async || call(&cache, &origin, 2).await == Ok(2)).await;
    }
    let refused = Cache::builder().max_refreshes(0).build().unwrap_err();
    assert!(refused.to_string().contains("max_refreshes"), "{refused}");
}

#[tokio::test]
async fn closing_the_cache_ends_them() {
    let server = server().await;
    for (kind, cache, _clock) in of_each_kind(&server) {
        let origin = Origin::open();
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        cache.tag("bg").expire().await.unwrap();
        origin.shut();
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        until(LIMIT, async || origin.loads() == 2).await;
        assert_eq!(origin.ended(), 1);
        cache.close().await.unwrap();
        assert_eq!(origin.ended(), 2, "{kind}");
        assert_eq!(row(&cache).abandoned_loads, 1, "{kind}");
        assert_eq!(
            Arc::strong_count(&origin),
            1,
            "{kind}: nothing is left of it"
        );
    }
}

#[tokio::test]
async fn a_refresh_that_fails_backs_off() {
    let server = server().await;
    for (kind, cache, clock) in of_each_kind(&server) {
        let origin = Origin::open();
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        cache.tag("bg").expire().await.unwrap();
        origin.set(0);
        assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        until(LIMIT, async || row(&cache).stale_on_error == 1).await;
        for _ in 0..5 {
            assert_eq!(call(&cache, &origin, 1).await, Ok(1));
        }
        assert_eq!(origin.loads(), 2, "{kind}");
        clock.advance(Duration::from_millis(250));
        until(LIMIT, async || {
            assert_eq!(call(&cache, &origin, 1).await, Ok(1));
            origin.loads() == 3
        })
        .await;
    }
}

static PANICS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "panics", ttl = "1m", stale = "10m", refresh = "background", tags = ["panics"])]
async fn panics_later() -> u32 {
    let run = PANICS.fetch_add(1, Ordering::SeqCst);
    assert!(run != 1, "the second run panics, as it should");
    run + 1
}

#[tokio::test]
async fn a_panic_reaches_nobody_and_backs_off() {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    assert_eq!(cache.scope(panics_later()).await, 1);
    cache.tag("panics").expire().await.unwrap();
    assert_eq!(cache.scope(panics_later()).await, 1);
    let failed = || cache.stats().namespace("panics").unwrap().stale_on_error;
    until(LIMIT, async || failed() == 1).await;
    assert_eq!(cache.scope(panics_later()).await, 1);
    assert_eq!(PANICS.load(Ordering::SeqCst), 2);
    clock.advance(Duration::from_millis(250));
    until(LIMIT, async || cache.scope(panics_later()).await == 3).await;
}

#[cached(ns = "inner", ttl = "1m")]
async fn inner(n: u32) -> String {
    format!("{n} in {}", scope().join(" < "))
}

/// The spans that this runs in, without those that the cache opens itself.
fn scope() -> Vec<&'static str> {
    let current = tracing::Span::current().id();
    tracing::dispatcher::get_default(|to| {
        let spans = to.downcast_ref::<Registry>().unwrap();
        let current = current.as_ref().and_then(|id| spans.span(id));
        let scope = current.into_iter().flat_map(|span| span.scope());
        let names = scope.map(|span| span.metadata().name());
        names.filter(|name| !name.starts_with("cache.")).collect()
    })
}

#[cached(ns = "outer", ttl = "1m", stale = "10m", refresh = "background", tags = ["outer"], skip(n))]
async fn outer(n: u32) -> String {
    inner(n).await
}

#[tokio::test]
async fn a_task_has_around_it_what_its_caller_has() {
    let _subscribed = tracing::subscriber::set_default(tracing_subscriber::registry());
    let cache = Cache::memory();
    let calls = |n| {
        cache
            .scope(outer(n))
            .instrument(tracing::info_span!("request"))
    };
    assert_eq!(calls(1).await, "1 in request");
    cache.tag("outer").expire().await.unwrap();
    assert_eq!(calls(2).await, "1 in request");
    until(LIMIT, async || calls(3).await == "2 in request").await;
    let stats = cache.stats();
    let loads = |namespace| stats.namespace(namespace).unwrap().loads;
    assert_eq!(
        (loads("outer"), loads("inner")),
        (2, 2),
        "in the caller's cache"
    );
}

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "anywhere", ttl = "1m", stale = "10m", refresh = "background")]
async fn anywhere() -> u32 {
    RUNS.fetch_add(1, Ordering::SeqCst) + 1
}

#[test]
fn without_a_runtime_the_caller_refreshes() {
    fn now<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waited"),
        }
    }
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    assert_eq!(now(cache.scope(anywhere())), 1);
    clock.advance(Duration::from_secs(60));
    assert_eq!(now(cache.scope(anywhere())), 2);
}
