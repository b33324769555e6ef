//! How long a call waits for Redis: its allowance, its breaker, and more than one connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{BreakerState, Cache, RedisHealth, cached};
use cache_tests::{Network, Proxy};

use crate::trouble::{call, on, row};
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const SLOW: Duration = Duration::from_millis(250);

/// A miss reads, takes the lease and stores: three slow answers, each of them in time.
#[tokio::test]
async fn a_call_on_a_slow_network_waits_as_long_as_it_is_allowed_and_no_longer() {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let slow = |allowance: Option<Duration>| {
        let cache = Cache::builder()
            .url(proxy.url())
            .memory_bytes(0)
            .op_timeout(Duration::from_secs(3));
        match allowance {
            Some(allowance) => cache.allowance(allowance).build().unwrap(),
            None => cache.build().unwrap(),
        }
    };
    let (short, long) = (slow(Some(Duration::from_millis(300))), slow(None));
    for cache in [&short, &long] {
        call(cache, 1, 1).await;
    }
    proxy.set(Network::Slow(SLOW));
    let (value, took) = call(&short, 2, 2).await;
    assert_eq!(value, 2);
    assert!(took < SLOW * 3, "{took:?}");
    let troubles = row(&short).counts.troubles;
    assert!(
        troubles
            .keys()
            .any(|trouble| trouble.ends_with("allowance_spent")),
        "{troubles:?}"
    );
    let (value, took) = call(&long, 3, 3).await;
    assert_eq!(value, 3);
    assert!(took >= SLOW * 3, "{took:?}");
    assert!(row(&long).troubles.is_empty(), "{:?}", row(&long).troubles);
}

#[cached(ns = "patience", ttl = "5m")]
async fn kept(id: u32) -> u32 {
    id
}

/// What is asked of an entry's handle is no one call.
#[tokio::test]
async fn a_handle_that_is_used_again_and_again_has_the_allowance_each_time() {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let cache = Cache::builder()
        .url(proxy.url())
        .memory_bytes(0)
        .op_timeout(Duration::from_secs(3))
        .allowance(Duration::from_millis(1_200))
        .build()
        .unwrap();
    cache
        .scope(async {
            kept(1).await;
            let entry = kept_entry(1);
            proxy.set(Network::Slow(SLOW / 2));
            for _ in 0..6 {
                assert_eq!(entry.get().await, Some(1));
            }
            entry.put(2).await.unwrap();
            assert_eq!(entry.get().await, Some(2));
        })
        .await;
}

/// Sleeps first, and counts.
#[cached(
    ns = "patience-strong",
    ttl = "5m",
    consistency = "strong",
    skip(loads, takes)
)]
async fn counted(id: u32, loads: &AtomicU32, takes: Duration) -> u32 {
    loads.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(takes).await;
    id
}

/// On a network where the leader has no time left to store what it loaded.
async fn loads_of_a_leader_and_a_follower(takes: Duration) -> u32 {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let cache = Cache::builder()
        .url(proxy.url())
        .op_timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let loads = AtomicU32::new(0);
    call(&cache, 1, 1).await;
    proxy.set(Network::SlowReplies(Duration::from_millis(550)));
    cache
        .scope(async {
            let second = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                counted(1, &loads, takes).await
            };
            let both = tokio::join!(counted(1, &loads, takes), second);
            assert_eq!(both, (1, 1));
        })
        .await;
    loads.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_follower_asks_no_longer_than_a_load_of_its_own_takes() {
    let (short, long) = tokio::join!(
        loads_of_a_leader_and_a_follower(Duration::from_millis(1)),
        loads_of_a_leader_and_a_follower(Duration::from_secs(3)),
    );
    assert_eq!((short, long), (2, 1));
}

#[tokio::test]
async fn a_breaker_opens_after_as_many_timeouts_as_it_is_told_and_closes_by_itself() {
    let server = server().await;
    for timeouts in [1, 4] {
        let proxy = Proxy::start(&server).await.unwrap();
        let timeout = Duration::from_millis(100);
        let cache = Cache::builder()
            .url(proxy.url())
            .memory_bytes(0)
            .op_timeout(timeout)
            // No heartbeat counts as one of them.
            .lag(Duration::from_secs(60))
            .breaker(timeouts)
            .build()
            .unwrap();
        call(&cache, 1, 1).await;
        let breaker = || cache.health().nodes[0].breaker;
        assert_eq!(breaker(), BreakerState::Closed);
        proxy.set(Network::Silent);
        for _ in 0..timeouts {
            assert_eq!(breaker(), BreakerState::Closed);
            let (_, took) = call(&cache, 1, 1).await;
            assert!(took >= timeout, "{took:?}");
        }
        until(LIMIT, async || breaker() != BreakerState::Closed).await;
        until(LIMIT, async || breaker() == BreakerState::HalfOpen).await;
        let start = Instant::now();
        for _ in 0..20 {
            call(&cache, 1, 1).await;
        }
        assert!(start.elapsed() < timeout, "{:?}", start.elapsed());
        assert!(matches!(
            cache.health().redis,
            Some(RedisHealth::Down { .. })
        ));
        proxy.set(Network::Whole);
        until(LIMIT, async || breaker() == BreakerState::Closed).await;
        let hits = row(&cache).redis_hits;
        call(&cache, 1, 1).await;
        assert_eq!(row(&cache).redis_hits, hits + 1);
    }
}

#[tokio::test]
async fn each_of_several_connections_tells_of_what_was_read_on_it() {
    let server = server().await;
    let several = |count| {
        let cache = Cache::builder().url(server.url()).connections(count);
        cache.build().unwrap()
    };
    let (a, b) = (several(4), several(3));
    let namespace = a.namespace("trouble");
    for round in 0..4 {
        for key in 0..64 {
            assert_eq!(call(&a, key, key + round).await.0, key + round);
            assert_eq!(call(&b, key, 0).await.0, key + round);
        }
        let health = a.health();
        assert!(health.tracking && health.nodes.len() == 4, "{health:?}");
        namespace.invalidate().await.unwrap();
        until(LIMIT, async || {
            call(&b, 63, 64 + round).await.0 == 64 + round
        })
        .await;
    }
    assert!(row(&b).memory_hits > 0);
    assert!(row(&a).troubles.is_empty(), "{:?}", row(&a).troubles);
    let connections = on(&server).build().unwrap().health().nodes.len();
    assert_eq!(connections, 1, "unless more are asked for");
}

#[cached(ns = "waited", ttl = "5m", wait = "1s", skip(began, load))]
async fn waited(began: Arc<AtomicU32>, load: impl Future<Output = u32>) -> u32 {
    began.fetch_add(1, Ordering::SeqCst);
    load.await
}

/// A look whether the holder is done is part of the wait for it.
#[tokio::test]
async fn a_server_that_falls_silent_while_a_load_elsewhere_is_waited_for_lengthens_no_wait() {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let on = |url: String| {
        let cache = Cache::builder().url(url).memory_bytes(0);
        let cache = cache.op_timeout(Duration::from_secs(60));
        cache.allowance(Duration::from_secs(2)).build().unwrap()
    };
    let (holder, waiting) = (on(server.url()), on(proxy.url()));
    let began = Arc::<AtomicU32>::default();
    let holding = tokio::spawn({
        let (began, load) = (Arc::clone(&began), std::future::pending());
        async move { holder.scope(waited(began, load)).await }
    });
    until(LIMIT, async || began.load(Ordering::SeqCst) == 1).await;
    let start = Instant::now();
    let call = tokio::spawn({
        let (began, cache) = (Arc::clone(&began), waiting.clone());
        async move { cache.scope(waited(began, async { 2 })).await }
    });
    let missed = || {
        waiting
            .stats()
            .namespace("waited")
            .map(|row| row.misses.absent)
    };
    until(LIMIT, async || missed() == Some(1)).await;
    proxy.set(Network::Silent);
    assert_eq!(call.await.unwrap(), 2);
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    holding.abort();
}
