//! `error_ttl`: an error that is returned for a while without another load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, Clock, cached};
use cache_tests::Server;

use crate::server;

#[derive(Clone, Debug, PartialEq)]
struct Down(u32);

/// An origin that fails until it is mended.
#[derive(Default)]
struct Origin {
    loads: AtomicU32,
    is_up: AtomicU32,
}

impl Origin {
    fn load(&self) -> Result<u32, Down> {
        let load = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
        match self.is_up.load(Ordering::SeqCst) {
            0 => Err(Down(load)),
            _ => Ok(load),
        }
    }

    fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }

    fn mend(&self, is_up: u32) {
        self.is_up.store(is_up, Ordering::SeqCst);
    }
}

#[cached(ns = "errors", ttl = "100s", error_ttl = "2s", tags = ["all"], skip(origin))]
async fn value(origin: &Origin, id: u32) -> Result<u32, Down> {
    let _ = id;
    origin.load()
}

#[cached(
    ns = "stale errors",
    ttl = "100s",
    stale = "1h",
    error_ttl = "2s",
    jitter = 0.0,
    skip(origin)
)]
async fn stale(origin: &Origin, id: u32) -> Result<u32, Arc<Down>> {
    let _ = id;
    origin.load().map_err(Arc::new)
}

/// In memory alone, and with Redis behind: their clock is moved by hand.
fn caches(server: &Server) -> [(Cache, Clock); 3] {
    let url = server.url();
    [("memory:", 1 << 20), (&url, 1 << 20), (&url, 0)].map(|(url, memory)| {
        let clock = Clock::manual();
        let builder = Cache::builder().url(url).memory_bytes(memory);
        let prefix = format!("m{memory}");
        let cache = builder.prefix(prefix).clock(clock.clone()).build();
        (cache.unwrap(), clock)
    })
}

#[tokio::test]
async fn an_error_is_returned_for_its_time_without_another_load() {
    let server = server().await;
    for (cache, clock) in caches(&server) {
        let origin = Origin::default();
        let ask = async || cache.scope(value(&origin, 1)).await;
        for _ in 0..3 {
            assert_eq!(ask().await, Err(Down(1)));
        }
        // Another key has its own.
        assert_eq!(cache.scope(value(&origin, 2)).await, Err(Down(2)));
        clock.advance(Duration::from_millis(2_001));
        assert_eq!((ask().await, ask().await), (Err(Down(3)), Err(Down(3))));
        clock.advance(Duration::from_millis(2_001));
        origin.mend(1);
        assert_eq!((ask().await, ask().await), (Ok(4), Ok(4)));
        let stats = cache.stats();
        let row = stats.namespace("errors").unwrap();
        assert_eq!(
            (row.remembered_errors, row.failed_loads, row.loads),
            (3, 3, 1)
        );
    }
}

#[tokio::test]
async fn an_invalidation_or_a_put_may_be_the_end_of_what_failed() {
    let server = server().await;
    for (cache, _clock) in caches(&server) {
        cache
            .scope(async {
                let origin = Origin::default();
                assert_eq!(value(&origin, 3).await, Err(Down(1)));
                cache.tag("all").invalidate().await.unwrap();
                assert_eq!(value(&origin, 3).await, Err(Down(2)));
                value_entry(3).invalidate().await.unwrap();
                assert_eq!(value(&origin, 3).await, Err(Down(3)));
                value_entry(3).put(9).await.unwrap();
                assert_eq!(value(&origin, 3).await, Ok(9));
                assert_eq!(origin.loads(), 3);
                value_entry(3).invalidate().await.unwrap();
                value(&origin, 3).await.unwrap_err();
                origin.mend(1);
                assert_eq!(value_entry(3).refresh(value(&origin, 3)).await, Ok(5));
                assert_eq!(value(&origin, 3).await, Ok(5));
            })
            .await;
    }
}

#[tokio::test]
async fn a_value_that_another_process_has_stored_is_served() {
    let server = server().await;
    let [a, b] = [(); 2].map(|()| Cache::builder().url(server.url()).build().unwrap());
    let (fails, works) = (Origin::default(), Origin::default());
    works.mend(1);
    assert_eq!(a.scope(value(&fails, 4)).await, Err(Down(1)));
    assert_eq!(b.scope(value(&works, 4)).await, Ok(1));
    assert_eq!(a.scope(value(&fails, 4)).await, Ok(1));
    assert_eq!(fails.loads(), 1);
}

#[tokio::test]
async fn an_older_value_is_served_before_an_error() {
    let server = server().await;
    for (cache, clock) in caches(&server) {
        if cache.health().redis.is_some() {
            // Redis keeps its own time.
            continue;
        }
        let origin = Origin::default();
        let ask = async || cache.scope(stale(&origin, 5)).await;
        origin.mend(1);
        assert_eq!(ask().await, Ok(1));
        origin.mend(0);
        clock.advance(Duration::from_secs(101));
        for _ in 0..3 {
            assert_eq!(ask().await, Ok(1));
        }
        assert_eq!(origin.loads(), 2);
        clock.advance(Duration::from_secs(3_600));
        for _ in 0..3 {
            assert_eq!(ask().await, Err(Arc::new(Down(3))));
        }
    }
}

#[tokio::test]
async fn callers_at_the_same_time_share_it_and_the_table_is_bounded() {
    let cache = Cache::memory();
    cache
        .scope(async {
            let origin = Origin::default();
            let all = (0..50).map(|_| value(&origin, 6));
            for one in futures_util::future::join_all(all).await {
                assert_eq!(one, Err(Down(1)));
            }
            for id in 10..6_000 {
                value(&origin, id).await.unwrap_err();
            }
            let loads = origin.loads();
            value(&origin, 5_999).await.unwrap_err();
            assert_eq!(origin.loads(), loads);
        })
        .await;
}
