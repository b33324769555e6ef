//! `cached`: an annotation over a store in memory, and its asynchronous store in Redis.

use std::sync::Arc;
use std::time::Duration;

use ::cached::macros::concurrent_cached;
use ::cached::{AsyncRedisCache, ConcurrentCachedAsync as _, SerializeCachedAsync as _};

use crate::gate::Gate;
use crate::user::{User, shared_user, user};

#[concurrent_cached(
    max_size = 10_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (id, region.to_owned()) }"#
)]
pub(crate) async fn arc(id: u64, region: &str) -> Arc<User> {
    let _ = region;
    shared_user(id)
}

#[concurrent_cached(
    max_size = 10_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (id, region.to_owned()) }"#
)]
pub(crate) async fn owned(id: u64, region: &str) -> User {
    let _ = region;
    user(id)
}

pub(crate) type Redis = AsyncRedisCache<u64, User>;

/// Its store in Redis; with `client_side` what was read stays in this process until Redis says that
/// it changed.
pub(crate) async fn redis(url: &str, client_side: bool) -> Redis {
    let store = AsyncRedisCache::builder("users")
        .connection_string(url)
        .ttl(Duration::from_secs(3_600))
        .client_side_caching(client_side);
    store.build().await.expect("a store")
}

/// What its annotation does of a call.
pub(crate) async fn read(store: &Redis, id: u64) -> User {
    if let Ok(Some(user)) = store.async_cache_get(&id).await {
        return user;
    }
    let user = user(id);
    let _ = store.async_cache_set_ref(&id, &user).await;
    user
}

/// What a herd asks for.
#[concurrent_cached(max_size = 10_000, ttl_secs = 3600, key = "u64", convert = "{ id }")]
pub(crate) async fn cold(gate: Arc<Gate>, id: u64) -> Arc<User> {
    let _ = id;
    gate.load().await
}

/// Replaces what is stored: as there are no invalidations beside removals, the least that another
/// process can notice.
pub(crate) async fn renew(store: &Redis, id: u64) {
    let renewed = store.async_cache_set_ref(&id, &user(id + 1)).await;
    renewed.expect("a reply");
}

/// Reads over and over until it is another value; tells once it was served for the `hits`th time.
pub(crate) async fn watch(store: &Redis, id: u64, hits: u32, tell: impl Fn(i64), now: fn() -> i64) {
    let older = user(id);
    let _ = store.async_cache_set_ref(&id, &older).await;
    let mut served = 0;
    loop {
        let began = now();
        if read(store, id).await != older {
            return tell(began);
        }
        served += 1;
        if served == hits {
            tell(0);
        }
        // As often as a hit looks, and letting others run as a hit does.
        tokio::task::coop::consume_budget().await;
    }
}
