//! Failovers, by command, by kill -9 and by SIGSTOP of the master, under calls that go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, Durability, cached};
use cache_tests::Sentinels;

use super::{LIMIT, watched};
use crate::trouble::call;
use crate::until;

/// Hits are back so soon after the sentinels agree on the new master.
const BACK: Duration = Duration::from_secs(5);

#[cached(ns = "bounded", ttl = "5m", tags = ["all"], skip(origin))]
async fn bounded(origin: &AtomicU32, id: u32) -> Result<u32, String> {
    let _ = id;
    Ok(origin.load(Ordering::SeqCst))
}

#[cached(ns = "strong", ttl = "5m", tags = ["all"], consistency = "strong", skip(origin))]
async fn strong(origin: &AtomicU32, id: u32) -> Result<u32, String> {
    let _ = id;
    Ok(origin.load(Ordering::SeqCst))
}

fn cache(fleet: &Sentinels) -> Cache {
    Cache::builder().url(fleet.url()).build().unwrap()
}

/// Calls without a pause, until told to stop: how many there were.
async fn callers(cache: Cache, origin: Arc<AtomicU32>, stop: Arc<AtomicU32>) -> u32 {
    let mut calls = 0;
    let calling = async {
        while stop.load(Ordering::SeqCst) == 0 {
            bounded(&origin, calls % 50).await.unwrap();
            strong(&origin, calls % 50).await.unwrap();
            calls += 2;
            tokio::task::yield_now().await;
        }
    };
    cache.scope(calling).await;
    calls
}

/// What was cached before, under calls that go on: hits come back, and an invalidation that the new
/// master acknowledged holds for it; where the old one is a `second_master` for a while, after `lag`.
async fn fails_over(
    fleet: &mut Sentinels,
    second_master: bool,
    trouble: impl AsyncFnOnce(&mut Sentinels),
) {
    let (reader, writer) = (cache(fleet), cache(fleet));
    let bare = Cache::builder().url(fleet.url()).memory_bytes(0);
    let bare = bare.build().unwrap();
    let (origin, stop) = (Arc::new(AtomicU32::new(1)), Arc::default());
    let calling = callers(reader.clone(), Arc::clone(&origin), Arc::clone(&stop));
    let calling = tokio::spawn(calling);
    until(LIMIT, async || reader.health().tracking).await;
    call(&bare, 1, 1).await;
    assert_eq!(call(&bare, 1, 2).await.0, 1);

    trouble(fleet).await;
    fleet.until_replaced(0).await.unwrap();
    for seen in [&bare, &reader, &writer] {
        until(BACK, async || {
            call(seen, 2, 1).await;
            call(seen, 2, 2).await.0 == 1
        })
        .await;
    }
    origin.store(2, Ordering::SeqCst);
    until(LIMIT, async || writer.tag("all").invalidate().await.is_ok()).await;
    let acknowledged = Instant::now();
    let read = async |id| (strong(&origin, id).await, bounded(&origin, id).await);
    for id in (0..50).filter(|_| !second_master) {
        assert_eq!(reader.scope(read(id)).await.0, Ok(2), "strong, at once");
    }
    while acknowledged.elapsed() < Duration::from_secs(2) {
        tokio::task::yield_now().await;
    }
    for id in 0..50 {
        assert_eq!(reader.scope(read(id)).await, (Ok(2), Ok(2)), "after lag");
    }
    stop.store(1, Ordering::SeqCst);
    assert!(calling.await.unwrap() > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_command() {
    let mut fleet = watched(1).await;
    let durable = Cache::builder()
        .url(fleet.url())
        .op_timeout(Duration::from_secs(2))
        .durability(Durability::Replicas(1))
        .build()
        .unwrap();
    durable.tag("some").invalidate().await.unwrap();
    fails_over(&mut fleet, true, async |fleet| {
        fleet.failover().await.unwrap();
    })
    .await;
    // Of the new master the old one is a replica, and the deletion is on both.
    let stamp = "cache:t:{some}";
    until(LIMIT, async || {
        let set = fleet.server(1).run(&["SET", stamp, "x"]).await;
        set.unwrap();
        durable.tag("some").invalidate().await.is_ok()
    })
    .await;
    for server in [0, 1].map(|at| fleet.server(at)) {
        let there = server.run(&["EXISTS", stamp]).await.unwrap();
        assert_eq!(redis::from_redis_value::<u32>(there).unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_kill_9() {
    let mut fleet = watched(1).await;
    fails_over(&mut fleet, false, async |fleet| {
        fleet.server_mut(0).kill9().unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_sigstop_and_the_old_master_comes_back() {
    let mut fleet = watched(1).await;
    fails_over(&mut fleet, false, async |fleet| {
        fleet.server(0).pause().unwrap()
    })
    .await;
    fleet.server(0).resume().unwrap();
    let cache = cache(&fleet);
    until(LIMIT, async || {
        call(&cache, 3, 1).await;
        call(&cache, 3, 2).await.0 == 1
    })
    .await;
}
