//! `detach`: a load that goes on when its caller goes away; and `max_value`, past which a value is not kept.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, Served, bypass, cached, outcome};
use futures_util::FutureExt as _;
use tokio::sync::Semaphore;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);

struct Origin {
    runs: AtomicU32,
    go: Semaphore,
}

impl Origin {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            runs: AtomicU32::new(0),
            go: Semaphore::new(0),
        })
    }

    async fn load(&self) -> u32 {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        self.go.acquire().await.unwrap().forget();
        run
    }

    async fn until_runs(&self, runs: u32) {
        until(LIMIT, || async { self.runs.load(Ordering::SeqCst) == runs }).await;
    }
}

#[cached(ns = "detached", ttl = "1h", detach, skip(origin))]
async fn detached(origin: Arc<Origin>, id: u32) -> Result<u32, String> {
    match id {
        7 => panic!("the body's own"),
        8 => Err("no".to_owned()),
        _ => Ok(origin.load().await),
    }
}

#[tokio::test]
async fn a_load_goes_on_without_its_caller_and_is_stored() {
    let server = server().await;
    let on_redis = Cache::builder().url(server.url()).build().unwrap();
    for cache in [Cache::memory(), on_redis] {
        let origin = Origin::new();
        cache
            .scope(async {
                let mut call = Box::pin(detached(Arc::clone(&origin), 1));
                tokio::select! {
                    _ = &mut call => unreachable!("it is held"),
                    () = origin.until_runs(1) => drop(call),
                }
                origin.go.add_permits(1);
                until(LIMIT, || async { detached_entry(1).get().await == Some(1) }).await;
                assert_eq!(detached(Arc::clone(&origin), 1).await, Ok(1));
            })
            .await;
        assert_eq!(origin.runs.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn its_caller_sees_what_any_other_does() {
    let (cache, origin) = (Cache::memory(), Origin::new());
    origin.go.add_permits(9);
    cache
        .scope(async {
            let (value, first) = outcome(detached(Arc::clone(&origin), 1)).await;
            assert_eq!((value, first.served), (Ok(1), Served::Loaded));
            assert_eq!(detached(Arc::clone(&origin), 8).await, Err("no".to_owned()));
            let panics = AssertUnwindSafe(detached(Arc::clone(&origin), 7))
                .catch_unwind()
                .await;
            assert_eq!(panics.unwrap_err().downcast_ref(), Some(&"the body's own"));
        })
        .await;
}

#[tokio::test]
async fn without_a_cache_a_load_ends_with_its_caller() {
    let (cache, origin) = (Cache::memory(), Origin::new());
    let mut call = Box::pin(cache.scope(bypass(detached(Arc::clone(&origin), 1))));
    tokio::select! {
        _ = &mut call => unreachable!("it is held"),
        () = origin.until_runs(1) => {}
    }
    assert_eq!(Arc::strong_count(&origin), 2, "the body has it");
    drop(call);
    assert_eq!(Arc::strong_count(&origin), 1, "and is gone");
}

#[test]
fn without_a_runtime_the_load_is_its_callers() {
    let (cache, origin) = (Cache::memory(), Origin::new());
    origin.go.add_permits(9);
    let value = cache.scope(detached(origin, 1)).now_or_never();
    assert_eq!(value, Some(Ok(1)));
}

#[cached(ns = "short", ttl = "1h", max_value = 1_000)]
async fn text(length: usize) -> String {
    "a".repeat(length)
}

#[tokio::test]
async fn what_is_too_large_for_its_function_is_returned_and_not_kept() {
    let server = server().await;
    let on_redis = Cache::builder().url(server.url()).build().unwrap();
    for cache in [Cache::memory(), on_redis] {
        cache
            .scope(async {
                for length in [900, 900, 1_100, 1_100] {
                    assert_eq!(text(length).await.len(), length);
                }
                let error = text_entry(1).put("a".repeat(2_000)).await.unwrap_err();
                assert!(error.to_string().contains("1000 bytes"), "{error}");
            })
            .await;
        let row = cache.stats().namespace("short").unwrap().clone();
        assert_eq!((row.loads, row.unstored.too_large), (3, 3));
    }
}
