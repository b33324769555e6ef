//! `on_outage = "serve"`: what is loaded while Redis is away is served to its own end, and no longer
//! than Redis is away.

use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Cache, RedisHealth, cached};
use cache_tests::{Network, Proxy, Server};

use crate::origin::Origin;
use crate::{server, until};

const LAG: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_secs(20);

#[cached(ns = "serves", ttl = "10m", on_outage = "serve", tags = ["t:{id}"], skip(origin))]
async fn serves(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(
    ns = "soon",
    ttl = "400ms",
    on_outage = "serve",
    jitter = 0.0,
    skip(origin)
)]
async fn soon_over(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(ns = "lags", ttl = "10m", skip(origin))]
async fn lags(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

fn cache(server: &Server) -> Cache {
    let builder = Cache::builder().url(server.url()).lag(LAG);
    builder.op_timeout(Duration::from_secs(1)).build().unwrap()
}

async fn down(cache: &Cache) {
    until(LIMIT, async || {
        matches!(cache.health().redis, Some(RedisHealth::Down { .. }))
    })
    .await;
}

async fn up(cache: &Cache) {
    until(LIMIT, async || {
        cache.health().redis == Some(RedisHealth::Up)
    })
    .await;
}

/// A cache that was connected once and whose server is gone.
async fn in_an_outage() -> (Server, Cache, Arc<Origin>) {
    let mut server = server().await;
    let (cache, origin) = (cache(&server), Origin::open());
    assert_eq!(cache.scope(serves(&origin, 0)).await, Ok(1));
    server.kill9().unwrap();
    down(&cache).await;
    (server, cache, origin)
}

#[tokio::test]
async fn what_is_loaded_in_an_outage_is_loaded_once() {
    let (mut server, cache, origin) = in_an_outage().await;
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(1));
    assert_eq!(origin.loads(), 2);
    tokio::time::sleep(2 * LAG).await;
    origin.set(2);
    for _ in 0..10 {
        assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(1));
    }
    assert_eq!(origin.loads(), 2);
    // An invalidation by this process counts at once, though Redis does not have it yet.
    assert!(cache.tag("t:1").invalidate().await.is_err());
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(2));
    server.restart().await.unwrap();
    up(&cache).await;
    until(LIMIT, async || cache.health().owed_invalidations == 0).await;
}

#[tokio::test]
async fn once_redis_is_back_it_is_checked() {
    let (mut server, cache, origin) = in_an_outage().await;
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(1));
    assert_eq!(cache.scope(serves(&origin, 2)).await, Ok(1));
    tokio::time::sleep(2 * LAG).await;
    origin.set(2);
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(1));
    server.restart().await.unwrap();
    up(&cache).await;
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(2));
    // In the next outage what the first one left is not served either: Redis may have had an
    // invalidation of it between them.
    server.kill9().unwrap();
    down(&cache).await;
    tokio::time::sleep(2 * LAG).await;
    origin.set(3);
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(2));
    assert_eq!(cache.scope(serves(&origin, 2)).await, Ok(3));
}

#[tokio::test]
async fn its_own_ttl_still_ends_it() {
    let (_server, cache, origin) = in_an_outage().await;
    assert_eq!(cache.scope(soon_over(&origin, 1)).await, Ok(1));
    origin.set(2);
    until(LIMIT, async || {
        cache.scope(soon_over(&origin, 1)).await == Ok(2)
    })
    .await;
}

#[tokio::test]
async fn where_it_is_not_asked_for_each_lag_has_a_load() {
    let (_server, cache, origin) = in_an_outage().await;
    assert_eq!(cache.scope(lags(&origin, 1)).await, Ok(1));
    tokio::time::sleep(2 * LAG).await;
    origin.set(2);
    assert_eq!(cache.scope(lags(&origin, 1)).await, Ok(2));
}

#[tokio::test]
async fn what_one_outage_left_is_not_served_in_the_next() {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let build = |url| {
        let builder = Cache::builder().url(url).lag(LAG);
        builder.op_timeout(Duration::from_secs(1)).build().unwrap()
    };
    let (cache, elsewhere) = (build(proxy.url()), build(server.url()));
    let origin = Origin::open();
    assert_eq!(cache.scope(serves(&origin, 0)).await, Ok(1));
    proxy.set(Network::Cut);
    down(&cache).await;
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(1));
    proxy.set(Network::Whole);
    up(&cache).await;
    // The process is connected, and is not told: Redis never had what it holds of this.
    origin.set(2);
    elsewhere.tag("t:1").invalidate().await.unwrap();
    proxy.set(Network::Cut);
    down(&cache).await;
    tokio::time::sleep(2 * LAG).await;
    assert_eq!(cache.scope(serves(&origin, 1)).await, Ok(2));
}
