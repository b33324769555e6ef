//! Memory under the link: what another process changes is pushed, and memory serves nothing that
//! the link can't vouch for. Two caches stand for two processes here; `fleet` and the history
//! checker use real ones.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, RedisHealth, cached};
use cache_tests::{Network, Proxy, Server};

use crate::{server, until};

const LAG: Duration = Duration::from_millis(500);
const LIMIT: Duration = Duration::from_secs(10);

#[cached(ns = "c", ttl = "5m", tags = ["c:{id}", "all"], skip(origin))]
async fn bounded(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

#[cached(ns = "s", ttl = "5m", tags = ["c:{id}", "all"], consistency = "strong", skip(origin))]
async fn strong(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

#[cached(ns = "o", ttl = "5m", on_outage = "serve", skip(origin))]
async fn served_in_outage(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

fn cache(url: String) -> Cache {
    Cache::builder()
        .url(url)
        .lag(LAG)
        .op_timeout(Duration::from_millis(200))
        .build()
        .unwrap()
}

fn memory_hits(cache: &Cache, namespace: &str) -> u64 {
    cache
        .stats()
        .namespace(namespace)
        .map_or(0, |row| row.memory_hits)
}

fn redis_hits(cache: &Cache, namespace: &str) -> u64 {
    cache
        .stats()
        .namespace(namespace)
        .map_or(0, |row| row.redis_hits)
}

async fn up(cache: &Cache) {
    until(LIMIT, async || {
        cache.health().redis == Some(RedisHealth::Up)
    })
    .await;
}

/// Two caches on one server, the first through a network that can fail.
async fn two() -> (Server, Proxy, Cache, Cache) {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let (a, b) = (cache(proxy.url()), cache(server.url()));
    (server, proxy, a, b)
}

#[tokio::test]
async fn memory_serves_for_the_whole_ttl_while_the_link_is_up() {
    let (_server, _proxy, a, b) = two().await;
    let origin = AtomicU32::new(1);
    assert_eq!(b.scope(bounded(&origin, 1)).await, 1_001);
    assert_eq!(a.scope(bounded(&origin, 1)).await, 1_001);
    let start = Instant::now();
    until(LIMIT, async || {
        assert_eq!(a.scope(bounded(&origin, 1)).await, 1_001);
        start.elapsed() > LAG * 3
    })
    .await;
    assert_eq!(redis_hits(&a, "c"), 1, "memory had it all the time");
    // What a process stored itself it keeps as well.
    assert_eq!(b.scope(bounded(&origin, 1)).await, 1_001);
    assert_eq!((memory_hits(&b, "c"), redis_hits(&b, "c")), (1, 0));
}

#[tokio::test]
async fn an_invalidation_elsewhere_is_pushed_to_memory() {
    let (server, _proxy, a, b) = two().await;
    let origin = AtomicU32::new(1);
    type Act =
        for<'a> fn(&'a Cache, &'a Server) -> std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;
    let acts: [(&str, Act); 6] = [
        ("entry", |b, _| {
            Box::pin(async {
                b.scope(async { bounded_entry(1).invalidate().await })
                    .await
                    .unwrap()
            })
        }),
        ("tag", |b, _| {
            Box::pin(async { b.tag("c:1").invalidate().await.unwrap() })
        }),
        ("shared tag", |b, _| {
            Box::pin(async { b.tag("all").invalidate().await.unwrap() })
        }),
        ("namespace", |b, _| {
            Box::pin(async { b.namespace("c").invalidate().await.unwrap() })
        }),
        ("flush", |_, server| {
            Box::pin(async { server.command(&[b"FLUSHALL"]).await.map(drop).unwrap() })
        }),
        ("delete", |_, server| {
            Box::pin(async {
                server
                    .command(&[b"DEL", b"cache:n:{c}"])
                    .await
                    .map(drop)
                    .unwrap()
            })
        }),
    ];
    for (what, act) in acts {
        // Both processes hold it in memory; one of them has loaded it.
        for cache in [&a, &b, &a] {
            cache.scope(bounded(&origin, 1)).await;
        }
        let held = memory_hits(&a, "c");
        a.scope(bounded(&origin, 1)).await;
        assert_eq!(memory_hits(&a, "c"), held + 1, "{what}");
        let now = origin.fetch_add(1, Ordering::SeqCst) + 1;
        let start = Instant::now();
        act(&b, &server).await;
        until(LAG, async || {
            a.scope(bounded(&origin, 1)).await == 1_000 + now
        })
        .await;
        assert!(
            start.elapsed() < LAG,
            "{what}: by the push, not by the lapse"
        );
    }
}

#[tokio::test]
async fn a_strong_read_sees_an_invalidation_elsewhere_at_once() {
    let (_server, _proxy, a, b) = two().await;
    let origin = AtomicU32::new(1);
    for round in 2..200 {
        for cache in [&a, &b] {
            cache.scope(strong(&origin, 1)).await;
        }
        origin.store(round, Ordering::SeqCst);
        match round % 3 {
            0 => b.tag("c:1").invalidate().await.unwrap(),
            1 => b.namespace("s").invalidate().await.unwrap(),
            _ => b
                .scope(async { strong_entry(1).invalidate().await })
                .await
                .unwrap(),
        }
        assert_eq!(a.scope(strong(&origin, 1)).await, 1_000 + round);
        assert_eq!(b.scope(strong(&origin, 1)).await, 1_000 + round);
    }
    assert_eq!(memory_hits(&a, "s") + memory_hits(&b, "s"), 0);
    assert!(redis_hits(&b, "s") > 100, "they share what is stored");
}

#[tokio::test]
async fn with_redis_away_a_strong_read_loads_and_a_bounded_one_is_served_for_lag() {
    let (_server, proxy, a, _b) = two().await;
    let origin = AtomicU32::new(1);
    a.scope(async { (bounded(&origin, 1).await, strong(&origin, 1).await) })
        .await;
    proxy.set(Network::Cut);
    let start = Instant::now();
    until(LIMIT, async || a.health().redis != Some(RedisHealth::Up)).await;
    origin.store(2, Ordering::SeqCst);
    assert_eq!(a.scope(strong(&origin, 1)).await, 1_002);
    let served = a.scope(bounded(&origin, 1)).await;
    assert!(
        served == 1_001 || start.elapsed() > LAG,
        "memory still vouches"
    );
    until(LIMIT, async || a.scope(bounded(&origin, 1)).await == 1_002).await;
    assert!(
        start.elapsed() <= LAG + Duration::from_millis(300),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_half_open_network_costs_memory_its_trust_within_lag() {
    let (_server, proxy, a, b) = two().await;
    let origin = AtomicU32::new(1);
    for cache in [&b, &a] {
        cache.scope(bounded(&origin, 1)).await;
    }
    proxy.set(Network::HalfOpen);
    origin.store(2, Ordering::SeqCst);
    b.tag("c:1").invalidate().await.unwrap();
    let acknowledged = Instant::now();
    loop {
        let began = acknowledged.elapsed();
        if a.scope(bounded(&origin, 1)).await == 1_002 {
            break;
        }
        assert!(began <= LAG, "{began:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn on_return_memory_is_checked_before_it_serves() {
    let (_server, proxy, a, b) = two().await;
    let origin = AtomicU32::new(1);
    for cache in [&b, &a] {
        cache.scope(bounded(&origin, 1)).await;
    }
    proxy.set(Network::Cut);
    until(LIMIT, async || a.health().redis != Some(RedisHealth::Up)).await;
    origin.store(2, Ordering::SeqCst);
    b.tag("c:1").invalidate().await.unwrap();
    proxy.set(Network::Whole);
    up(&a).await;
    assert_eq!(a.scope(bounded(&origin, 1)).await, 1_002);
}

#[tokio::test]
async fn a_site_may_ask_to_be_served_through_an_outage() {
    let (_server, proxy, a, b) = two().await;
    let origin = AtomicU32::new(1);
    a.scope(served_in_outage(&origin, 1)).await;
    proxy.set(Network::Cut);
    let start = Instant::now();
    until(LIMIT, async || {
        origin.store(2, Ordering::SeqCst);
        assert_eq!(a.scope(served_in_outage(&origin, 1)).await, 1_001);
        start.elapsed() > LAG * 2
    })
    .await;
    // What this process is told itself still counts.
    b.namespace("o").invalidate().await.unwrap();
    proxy.set(Network::Whole);
    until(LIMIT, async || {
        a.scope(served_in_outage(&origin, 1)).await == 1_002
    })
    .await;
    proxy.set(Network::Cut);
    origin.store(3, Ordering::SeqCst);
    until(LIMIT, async || a.health().redis != Some(RedisHealth::Up)).await;
    assert!(
        a.scope(async { served_in_outage_entry(1).invalidate().await })
            .await
            .is_err()
    );
    assert_eq!(a.scope(served_in_outage(&origin, 1)).await, 1_003);
}

/// A save, an acknowledged invalidation, a crash and a restart bring stamp and entry back as they
/// were before it.
#[tokio::test]
async fn a_restart_from_an_old_snapshot_brings_no_invalidated_entry_back() {
    let mut server = server().await;
    let (a, b) = (cache(server.url()), cache(server.url()));
    let origin = AtomicU32::new(1);
    for cache in [&a, &b] {
        cache.scope(bounded(&origin, 1)).await;
        cache.scope(strong(&origin, 1)).await;
    }
    server.command(&[b"SAVE"]).await.unwrap();
    origin.store(2, Ordering::SeqCst);
    b.tag("all").invalidate().await.unwrap();
    server.kill9().unwrap();
    server.restart().await.unwrap();
    let entry = a.scope(async { bounded_entry(1).key().to_owned() }).await;
    let there = server
        .command(&[b"EXISTS", entry.as_bytes(), b"cache:t:{all}"])
        .await;
    assert_eq!(
        redis::from_redis_value::<u32>(there.unwrap()).unwrap(),
        2,
        "both are back"
    );
    let fresh = cache(server.url());
    for cache in [&fresh, &b] {
        until(LIMIT, async || {
            cache.scope(bounded(&origin, 1)).await == 1_002
        })
        .await;
        assert_eq!(cache.scope(strong(&origin, 1)).await, 1_002);
        up(cache).await;
    }
    assert_eq!(redis_hits(&fresh, "c"), 0);
}
