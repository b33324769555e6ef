//! Each call has exactly one outcome: what is counted as `calls` adds up to the calls that were made, whatever became
//! of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, CallStats, Policy, Serialized, bypass, cache_put, cached, deferred};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde::{Serialize, Serializer};
use tokio::sync::Semaphore;

use crate::until;

const LIMIT: Duration = Duration::from_secs(20);

/// How many calls of a workload are dropped: four of one id, three of three ids each, and one by hand.
const DROPPED: u64 = 4 + 3 * 3 + 1;

/// An origin that can fail and be held up, and the calls that were made.
struct Origin {
    go: Semaphore,
    fails: AtomicBool,
    loads: AtomicU64,
    made: AtomicU64,
}

impl Origin {
    fn new() -> Self {
        Self {
            go: Semaphore::new(1 << 20),
            fails: AtomicBool::new(false),
            loads: AtomicU64::new(0),
            made: AtomicU64::new(0),
        }
    }

    async fn load(&self) -> Result<u64, String> {
        let load = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
        self.go.acquire().await.unwrap().forget();
        match self.fails.load(Ordering::SeqCst) {
            true => Err("no origin".to_owned()),
            false => Ok(load),
        }
    }

    fn hold(&self) {
        self.go.forget_permits(usize::MAX);
    }

    fn let_go(&self) {
        self.go.add_permits(1 << 20);
    }

    /// Counts calls, which are made when what is returned is polled.
    fn calls<F>(&self, calls: u64, call: F) -> F {
        self.made.fetch_add(calls, Ordering::SeqCst);
        call
    }

    async fn failing<F: Future>(&self, call: F) -> F::Output {
        self.fails.store(true, Ordering::SeqCst);
        let returned = call.await;
        self.fails.store(false, Ordering::SeqCst);
        returned
    }
}

#[cached(ns = "calls", ttl = "1h", stale = "1h", jitter = 0.0, skip(origin))]
async fn plain(origin: &Origin, id: u64) -> Result<u64, String> {
    let _ = id;
    origin.load().await
}

#[cache_put(entry = plain_entry(id))]
async fn set(id: u64, value: u64) -> Result<u64, String> {
    let _ = id;
    Ok(value)
}

#[cached(ns = "strong", ttl = "1h", consistency = "strong", skip(origin))]
async fn strong(origin: &Origin, id: u64) -> Result<u64, String> {
    let _ = id;
    origin.load().await
}

#[cached(ns = "valid", ttl = "1h", stale = "1h", valid_if = |load| *load >= least, skip(origin, least))]
async fn valid(origin: &Origin, id: u64, least: u64) -> Result<u64, String> {
    let _ = (id, least);
    origin.load().await
}

#[cached(ns = "errors", ttl = "1h", error_ttl = "1h", skip(origin))]
async fn remembered(origin: &Origin, id: u64) -> Result<u64, String> {
    let _ = id;
    origin.load().await
}

#[cached(
    ns = "task",
    ttl = "1h",
    stale = "1h",
    refresh = "background",
    skip(origin)
)]
async fn refreshed(origin: &'static Origin, id: u64) -> Result<u64, String> {
    let _ = id;
    origin.load().await
}

#[cached(ns = "batch", ttl = "1h", batch(id in ids), skip(origin))]
async fn many(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, u64>, String> {
    let load = origin.load().await?;
    Ok(ids
        .iter()
        .filter(|id| **id < 100)
        .map(|id| (*id, load))
        .collect())
}

/// Tells of too few ids.
#[cached(ns = "batch", ttl = "1h", batch(id in ids))]
async fn wrong(ids: &[u64]) -> Vec<Option<u64>> {
    ids.iter().skip(1).map(|id| Some(*id)).collect()
}

/// Of the entries of another function.
#[cached(batch(id in ids), batch_of = plain_entry(*id))]
async fn plains(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, u64>, String> {
    let load = origin.load().await?;
    Ok(ids.iter().map(|id| (*id, load)).collect())
}

#[cached(ns = "named", ttl = "1h", tags = ["{tag}"])]
async fn tagged(tag: &str) -> usize {
    tag.len()
}

struct Broken;

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("on purpose"))
    }
}

#[cached(ns = "named", ttl = "1h", key = Serialized(&broken))]
async fn unwritable(broken: Broken) -> u64 {
    let _ = broken;
    7
}

/// What calls ended with, over all namespaces of some caches.
fn calls(caches: &[&Cache]) -> CallStats {
    let mut sum = CallStats::default();
    for cache in caches {
        let stats = cache.stats();
        stats.namespaces.iter().for_each(|row| sum += &row.calls);
        // What belongs to no function is what was called by hand.
        let of_functions = stats.functions.iter().map(|row| row.calls.total());
        let by_hand = stats
            .namespace("by hand")
            .map_or(0, |row| row.calls.total());
        let all = stats.namespaces.iter().map(|row| row.calls.total());
        assert_eq!(of_functions.sum::<u64>() + by_hand, all.sum::<u64>());
    }
    sum
}

/// Calls that wait for one load: of the caches' one leads, and of another one waits for its lease.
async fn together(origin: &Origin, caches: &[&Cache], id: u64) {
    origin.hold();
    let loads = origin.loads.load(Ordering::SeqCst);
    let ask = async |cache: &Cache| {
        let call = origin.calls(1, plain(origin, id));
        cache.scope(call).await.unwrap();
    };
    let all: Vec<_> = (0..5)
        .flat_map(|_| caches.iter().map(|cache| ask(cache)))
        .collect();
    let waits = async || {
        let row = |cache: &&Cache| {
            cache
                .stats()
                .namespace("calls")
                .map_or(0, |row| row.waiting)
        };
        let waiting: u64 = caches.iter().map(row).sum();
        waiting == 4 * caches.len() as u64 && origin.loads.load(Ordering::SeqCst) > loads
    };
    let let_go = async {
        until(LIMIT, waits).await;
        origin.let_go();
    };
    tokio::join!(join_all(all), let_go);
}

async fn served(origin: &'static Origin) {
    let call = |id| origin.calls(1, plain(origin, id));
    for _ in 0..300 {
        call(1).await.unwrap();
    }
    for _ in 0..3 {
        origin.calls(1, strong(origin, 1)).await.unwrap();
    }
    origin.failing(call(2)).await.unwrap_err();
    plain_entry(1).expire().await.unwrap();
    for _ in 0..3 {
        origin.failing(call(1)).await.unwrap();
    }
    for _ in 0..3 {
        let error = origin.failing(origin.calls(1, remembered(origin, 1)));
        error.await.unwrap_err();
    }
    // Read and written by hand, which is no call.
    set(7, 7).await.unwrap();
    plain_entry(8).put(8).await.unwrap();
    assert_eq!(
        (plain_entry(8).get().await, plain_entry(9).get().await),
        (Some(8), None)
    );
    plain_entry(8).refresh(call(8)).await.unwrap();
}

async fn dropped(origin: &'static Origin) {
    origin.hold();
    let call = |id| origin.calls(1, plain(origin, id));
    let mut first = Box::pin(call(20));
    for _ in 0..3 {
        assert!((&mut first).now_or_never().is_none());
        assert!(call(20).now_or_never().is_none());
        assert!(
            origin
                .calls(3, many(origin, &[20, 21, 20]))
                .now_or_never()
                .is_none()
        );
    }
    drop(first);
    origin.let_go();
}

async fn by_condition(origin: &'static Origin) {
    let call = |least| origin.calls(1, valid(origin, 1, least));
    let load = call(0).await.unwrap();
    call(load).await.unwrap();
    // What is there does not serve it.
    let next = call(load + 1).await.unwrap();
    assert!(next > load);
    origin.failing(call(u64::MAX)).await.unwrap_err();
    valid_entry(1).expire().await.unwrap();
    origin.failing(call(0)).await.unwrap();
    origin.failing(call(u64::MAX)).await.unwrap_err();
    origin.failing(call(0)).await.unwrap();
}

async fn of_many(origin: &'static Origin) {
    let call = |ids: &'static [u64]| origin.calls(ids.len() as u64, many(origin, ids));
    call(&[1, 2, 2, 3]).await.unwrap();
    call(&[1, 2, 2, 4, 100, 100]).await.unwrap();
    origin.failing(call(&[1, 5, 6, 5])).await.unwrap_err();
    assert_eq!(origin.calls(3, wrong(&[1, 2, 3])).await.len(), 2);
    origin.calls(3, plains(origin, &[1, 50, 50])).await.unwrap();
    origin
        .calls(2, bypass(plains(origin, &[1, 50])))
        .await
        .unwrap();
    bypass(call(&[1, 2, 2])).await.unwrap();
}

async fn in_the_background(origin: &'static Origin, cache: &Cache) {
    let call = || origin.calls(1, refreshed(origin, 1));
    let loads = || cache.stats().namespace("task").map_or(0, |row| row.loads);
    call().await.unwrap();
    let before = loads();
    refreshed_entry(1).expire().await.unwrap();
    call().await.unwrap();
    until(LIMIT, async || loads() > before).await;
    call().await.unwrap();
}

async fn without_the_cache(origin: &'static Origin) {
    bypass(origin.calls(1, plain(origin, 1))).await.unwrap();
    for _ in 0..2 {
        origin.calls(1, tagged("")).await;
        origin.calls(1, unwritable(Broken)).await;
    }
    let read = async {
        for id in [1, 90, 90] {
            origin.calls(1, plain(origin, id)).await.unwrap();
        }
    };
    drop(deferred(read).await);
}

async fn by_hand(origin: &'static Origin, cache: &Cache) {
    let policy = Policy::new(Duration::from_secs(100));
    let call = async |id: u64| {
        let load = cache.get_or_load("by hand", &id, &policy, origin.load());
        origin.calls(1, load).await
    };
    for id in [1, 1, 2] {
        call(id).await.unwrap();
    }
    origin.failing(call(3)).await.unwrap_err();
    bypass(call(1)).await.unwrap();
    origin.hold();
    assert!(Box::pin(call(4)).now_or_never().is_none());
    origin.let_go();
}

async fn workload(origin: &'static Origin, cache: &Cache) {
    let all = async {
        served(origin).await;
        dropped(origin).await;
        by_condition(origin).await;
        of_many(origin).await;
        in_the_background(origin, cache).await;
        without_the_cache(origin).await;
    };
    cache.scope(all).await;
    by_hand(origin, cache).await;
}

async fn add_up(origin: &Origin, caches: &[&Cache]) -> CallStats {
    let made = origin.made.load(Ordering::SeqCst);
    let ended = async || calls(caches).total() >= made;
    let _ = tokio::time::timeout(LIMIT, until(LIMIT, ended)).await;
    let calls = calls(caches);
    assert_eq!(calls.total(), made, "{calls:?}");
    calls
}

async fn all_of(caches: &[&Cache]) -> CallStats {
    let origin: &'static Origin = Box::leak(Box::new(Origin::new()));
    for cache in caches {
        workload(origin, cache).await;
        add_up(origin, caches).await;
    }
    together(origin, caches, 70).await;
    let before = add_up(origin, caches).await;
    for cache in caches {
        cache.close().await.unwrap();
        cache
            .scope(origin.calls(1, plain(origin, 1)))
            .await
            .unwrap();
        let policy = Policy::new(LIMIT);
        let by_hand = cache.get_or_load("by hand", &1, &policy, origin.load());
        origin.calls(1, by_hand).await.unwrap();
    }
    let after = add_up(origin, caches).await;
    let off = 2 * caches.len() as u64;
    assert_eq!(after.uncached.off, before.uncached.off + off);
    after
}

#[tokio::test]
async fn in_memory_each_call_is_counted_once() {
    let cache = Cache::memory();
    let calls = all_of(&[&cache]).await;
    assert_eq!((calls.redis, calls.shared), (0, 4));
    assert_eq!(calls.cancelled, DROPPED, "{calls:?}");
    for (what, count) in [
        ("memory", calls.memory),
        ("stale", calls.stale),
        ("loaded", calls.loaded),
        ("failed", calls.failed),
    ] {
        assert!(count > 2, "{what}: {calls:?}");
    }
    let uncached = &calls.uncached;
    // By a bypass: one, the five ids of two batches, one by hand.
    assert_eq!(uncached.bypassed, 7, "{uncached:?}");
    assert_eq!((uncached.bad_name, uncached.unwritable_key), (2, 2));
}

#[tokio::test]
async fn with_redis_each_call_is_counted_once_in_its_own_process() {
    let server = crate::server().await;
    let on = |bytes| {
        let builder = Cache::builder().url(server.url()).memory_bytes(bytes);
        builder.op_timeout(Duration::from_secs(5)).build().unwrap()
    };
    let [one, other, bare] = [on(1 << 20), on(1 << 20), on(0)];
    let calls = all_of(&[&one, &other, &bare]).await;
    for (what, count) in [
        ("memory", calls.memory),
        ("redis", calls.redis),
        ("stale", calls.stale),
        ("shared", calls.shared),
        ("loaded", calls.loaded),
        ("failed", calls.failed),
        ("uncached", calls.uncached.total()),
    ] {
        assert!(count > 2, "{what}: {calls:?}");
    }
    assert_eq!(calls.cancelled, 3 * DROPPED, "{calls:?}");
    // Of each process one call waited for the lease of that which led, and the others for that call.
    let waits = [&one, &other, &bare].map(|cache| {
        let stats = cache.stats();
        stats.namespace("calls").map_or(0, |row| row.lease_waits)
    });
    assert_eq!(waits.iter().sum::<u64>(), 2, "{waits:?}");
}

#[tokio::test]
async fn a_cache_that_is_off_counts_what_runs_without_it() {
    let cache = Cache::builder().enabled(false).build().unwrap();
    let origin = Origin::new();
    for _ in 0..3 {
        cache
            .scope(origin.calls(1, plain(&origin, 1)))
            .await
            .unwrap();
    }
    let calls = add_up(&origin, &[&cache]).await;
    assert_eq!(calls.uncached.off, 3);
    let stats = cache.stats();
    let row = stats.functions.iter().find(|row| row.namespace == "calls");
    let row = row.unwrap();
    assert!(row.function.ends_with("calls::plain"), "{}", row.function);
    assert_eq!(row.calls.uncached.off, 3);
}
