//! With the cache in trouble a caller gets the origin's answer, and the cause is counted.

use std::time::{Duration, Instant};

use cache_runtime::{Cache, CacheBuilder, NamespaceStats, Policy, RedisHealth};
use cache_tests::Server;

pub(crate) const POLICY: Policy = Policy::new(Duration::from_secs(60));
pub(crate) const NS: &str = "trouble";

pub(crate) fn on(server: &Server) -> CacheBuilder {
    Cache::builder().url(server.url()).memory_bytes(0)
}

/// One call whose origin answers `value`: what it returned, and what it took.
pub(crate) async fn call(cache: &Cache, key: u32, value: u32) -> (u32, Duration) {
    let start = Instant::now();
    let answer = cache
        .get_or_load(NS, &key, &POLICY, async { Ok::<_, String>(value) })
        .await;
    (answer.unwrap(), start.elapsed())
}

pub(crate) fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace(NS).unwrap().clone()
}

fn trouble(cache: &Cache, cause: &str) -> u64 {
    row(cache).troubles.get(cause).copied().unwrap_or(0)
}

#[tokio::test]
async fn a_server_that_was_never_there_costs_a_load() {
    let cache = Cache::builder().url("redis://127.0.0.1:1").build().unwrap();
    for n in 0..100 {
        assert_eq!(call(&cache, n, n).await.0, n);
    }
    assert!(matches!(
        cache.health().redis,
        Some(RedisHealth::Down { .. })
    ));
    assert_eq!(trouble(&cache, "read: down"), 100);
    assert_eq!(row(&cache).misses.outage, 100);
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_is_used_again() {
    let mut server = crate::server().await;
    let cache = on(&server).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    assert_eq!(call(&cache, 1, 2).await.0, 1, "a hit");
    server.kill9().unwrap();
    for n in 0..200 {
        assert_eq!(
            call(&cache, 1, 100 + n).await.0,
            100 + n,
            "the origin's answer"
        );
    }
    server.restart().await.unwrap();
    let back = Instant::now();
    crate::until(Duration::from_secs(5), || async {
        call(&cache, 2, 1).await;
        call(&cache, 2, 2).await.0 == 1
    })
    .await;
    assert!(
        back.elapsed() < Duration::from_secs(2),
        "{:?}",
        back.elapsed()
    );
    assert_eq!(cache.health().redis, Some(RedisHealth::Up));
}

#[tokio::test]
async fn a_server_that_hangs_costs_a_few_calls_their_timeout_and_then_nothing() {
    let server = crate::server().await;
    let cache = on(&server)
        .op_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    server.pause().unwrap();
    let mut slow = 0;
    for n in 0..50 {
        let (answer, took) = call(&cache, 1, 100 + n).await;
        assert_eq!(answer, 100 + n);
        slow += u32::from(took >= Duration::from_millis(90));
    }
    assert!((1..=4).contains(&slow), "{slow} calls waited");
    server.resume().unwrap();
    crate::until(Duration::from_secs(5), || async {
        call(&cache, 2, 1).await;
        call(&cache, 2, 2).await.0 == 1
    })
    .await;
}

/// The one entry in the server.
async fn entry(server: &Server) -> String {
    let keys = server.keys().await.unwrap();
    keys.into_iter().find(|key| key.contains(":e:")).unwrap()
}

#[tokio::test]
async fn a_key_of_the_wrong_type_is_a_load_and_is_mended() {
    let server = crate::server().await;
    let cache = on(&server).build().unwrap();
    call(&cache, 1, 1).await;
    let entry = entry(&server).await;
    server.command(&[b"DEL", entry.as_bytes()]).await.unwrap();
    server
        .command(&[b"LPUSH", entry.as_bytes(), b"x"])
        .await
        .unwrap();
    assert_eq!(call(&cache, 1, 2).await.0, 2);
    assert_eq!(call(&cache, 1, 3).await.0, 2, "the store overwrote it");
    let stamp = server
        .keys()
        .await
        .unwrap()
        .into_iter()
        .find(|k| k.contains(":n:"))
        .unwrap();
    server.command(&[b"DEL", stamp.as_bytes()]).await.unwrap();
    server
        .command(&[b"LPUSH", stamp.as_bytes(), b"x"])
        .await
        .unwrap();
    assert_eq!(call(&cache, 1, 4).await.0, 4);
    assert_eq!(trouble(&cache, "read: wrong_type"), 1);
}

#[tokio::test]
async fn corrupt_foreign_and_truncated_bytes_are_counted_misses_and_are_mended() {
    let server = crate::server().await;
    let cache = on(&server).build().unwrap();
    call(&cache, 1, 1).await;
    let entry = entry(&server).await;
    let good = match server.command(&[b"GET", entry.as_bytes()]).await.unwrap() {
        redis::Value::BulkString(bytes) => bytes,
        other => panic!("{other:?}"),
    };
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let bad = [
        b"".to_vec(),
        b"x".to_vec(),
        b"foreign bytes of some length".to_vec(),
        flipped,
    ];
    let cut = (1..good.len()).step_by(7).map(|end| good[..end].to_vec());
    for (n, bytes) in bad.into_iter().chain(cut).enumerate() {
        let n = 10 + u32::try_from(n).unwrap();
        server
            .command(&[b"SET", entry.as_bytes(), &bytes])
            .await
            .unwrap();
        assert_eq!(call(&cache, 1, n).await.0, n, "{bytes:?}");
        assert_eq!(call(&cache, 1, 0).await.0, n, "mended after {bytes:?}");
    }
    let misses = row(&cache).counts.misses;
    assert!(misses.unreadable >= 20, "{misses:?}");
    assert!(
        row(&cache)
            .troubles
            .keys()
            .any(|cause| cause.starts_with("read an entry: "))
    );
}

#[tokio::test]
async fn a_full_server_and_a_read_only_one_cost_a_load() {
    let server = crate::server().await;
    let cache = on(&server).build().unwrap();
    call(&cache, 1, 1).await;
    server
        .command(&[b"CONFIG", b"SET", b"maxmemory", b"1"])
        .await
        .unwrap();
    assert_eq!(call(&cache, 2, 2).await.0, 2);
    assert!(
        trouble(&cache, "read: out_of_memory") > 0,
        "{:?}",
        row(&cache).troubles
    );
    server
        .command(&[b"CONFIG", b"SET", b"maxmemory", b"0"])
        .await
        .unwrap();
    server
        .command(&[b"REPLICAOF", b"127.0.0.1", b"1"])
        .await
        .unwrap();
    for n in 0..20 {
        assert_eq!(call(&cache, 3, n).await.0, n);
    }
    server
        .command(&[b"REPLICAOF", b"NO", b"ONE"])
        .await
        .unwrap();
    crate::until(Duration::from_secs(5), || async {
        call(&cache, 4, 1).await;
        call(&cache, 4, 2).await.0 == 1
    })
    .await;
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_loaded_again() {
    let server = crate::server().await;
    let cache = on(&server).build().unwrap();
    call(&cache, 1, 1).await;
    server.command(&[b"SCRIPT", b"FLUSH"]).await.unwrap();
    assert_eq!(call(&cache, 2, 2).await.0, 2);
    assert_eq!(call(&cache, 2, 3).await.0, 2);
    assert!(
        row(&cache).troubles.is_empty(),
        "{:?}",
        row(&cache).troubles
    );
}

#[tokio::test]
async fn a_value_over_the_limit_is_returned_and_not_stored() {
    let server = crate::server().await;
    let cache = on(&server).max_value(1_000).build().unwrap();
    let big = || async { Ok::<_, String>("x".repeat(2_000)) };
    for _ in 0..2 {
        let answer = cache.get_or_load(NS, &1, &POLICY, big()).await.unwrap();
        assert_eq!(answer.len(), 2_000);
    }
    assert_eq!(row(&cache).unstored.too_large, 2);
    assert!(
        !server
            .keys()
            .await
            .unwrap()
            .iter()
            .any(|key| key.ends_with('}') && key.contains(":e:"))
    );
}
