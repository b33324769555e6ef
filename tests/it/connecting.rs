//! Connecting at the start, before any call.

use std::time::{Duration, Instant};

use cache_runtime::{Cache, CacheError, RedisHealth};
use cache_tests::{Cluster, Sentinels, Server};

/// Far more than it takes.
const LIMIT: Duration = Duration::from_secs(60);

fn cache(url: &str) -> Cache {
    Cache::builder().url(url).build().unwrap()
}

#[tokio::test]
async fn connect_returns_when_redis_is_up_and_at_once_where_there_is_none() {
    let server = crate::server().await;
    let cache = cache(&server.url());
    assert_eq!(cache.connect_within(LIMIT).await, Ok(()));
    assert_eq!(cache.health().redis, Some(RedisHealth::Up));
    assert_eq!(cache.connect().await, Ok(()), "again");
    assert_eq!(Cache::memory().connect_within(Duration::ZERO).await, Ok(()));
}

#[tokio::test]
async fn connect_waits_for_every_connection_of_a_node() {
    let server = crate::server().await;
    let cache = Cache::builder().url(server.url()).connections(3).build();
    let cache = cache.unwrap();
    assert_eq!(cache.connect_within(LIMIT).await, Ok(()));
    let nodes = cache.health().nodes;
    assert_eq!(nodes.len(), 3);
    assert!(nodes.iter().all(|node| node.state == RedisHealth::Up));
}

#[tokio::test]
async fn connect_waits_for_every_master_of_a_cluster_and_for_the_one_that_sentinels_name() {
    let cluster = Cluster::start().await.unwrap();
    let spread = cache(&cluster.url());
    assert_eq!(spread.connect_within(LIMIT).await, Ok(()));
    let health = spread.health();
    assert!(health.nodes.len() >= 3, "{:?}", health.nodes);
    assert_eq!(health.redis, Some(RedisHealth::Up));
    let watched = Sentinels::start().await.unwrap();
    let named = cache(&watched.url());
    assert_eq!(named.connect_within(LIMIT).await, Ok(()));
    assert_eq!(named.health().redis, Some(RedisHealth::Up));
}

#[tokio::test]
async fn connect_ends_within_its_limit_and_tells_the_cause() {
    let server = crate::server().await;
    server.pause().unwrap();
    for (url, cause) in [
        (server.url(), "timeout"),
        ("redis://127.0.0.1:1".to_owned(), "unreachable"),
        (
            "redis+sentinel://127.0.0.1:1/main".to_owned(),
            "sentinels_unreachable",
        ),
        ("redis+cluster://127.0.0.1:1".to_owned(), "unreachable"),
    ] {
        // Longer than an attempt, so that its cause is known.
        let limit = Duration::from_secs(2);
        let (cache, began) = (cache(&url), Instant::now());
        let error = cache.connect_within(limit).await.unwrap_err();
        assert!(began.elapsed() >= limit, "an outage is waited for: {error}");
        let CacheError::NotConnected { cause: told, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(told, cause, "{error}");
    }
}

#[tokio::test]
async fn connect_does_not_wait_for_what_waiting_does_not_mend() {
    let server = Server::builder().password("right").start().await.unwrap();
    let wrong = server.url().replace("right", "wr0ng");
    let error = cache(&wrong).connect_within(LIMIT * 60).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("wrong_user_or_password"), "{text}");
    assert!(text.contains("in the url"), "what to do: {text}");
    assert!(!text.contains("wr0ng"), "{text}");
}

#[tokio::test]
async fn a_probe_without_any_call_finds_redis_up() {
    let server = crate::server().await;
    let cache = cache(&server.url());
    let is_up = async || cache.health().redis == Some(RedisHealth::Up);
    crate::until(LIMIT, is_up).await;
}

#[tokio::test]
async fn a_server_that_starts_later_is_waited_for() {
    let mut server = crate::server().await;
    let cache = cache(&server.url());
    server.kill9().unwrap();
    let connecting = tokio::spawn({
        let cache = cache.clone();
        async move { cache.connect_within(LIMIT).await }
    });
    let is_down = async || matches!(cache.health().redis, Some(RedisHealth::Down { .. }));
    crate::until(LIMIT, is_down).await;
    server.restart().await.unwrap();
    assert_eq!(connecting.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_closed_cache_is_not_connected() {
    let server = crate::server().await;
    let cache = cache(&server.url());
    cache.close().await.unwrap();
    let error = cache.connect_within(LIMIT).await.unwrap_err();
    assert!(matches!(error, CacheError::NotConnected { .. }), "{error}");
}
