//! Loads that go on without their callers: of owned arguments, methods of an `Arc`, generics, with all that goes along.

use std::sync::Arc;

use cache_runtime::{CacheKey, Cacheable, LoadTimeout, cached};

pub struct Db(pub u64);

#[cached(ttl = "5m", detach, skip(db), max_value = 10_000)]
pub async fn user(db: Arc<Db>, id: u64) -> Result<String, std::io::Error> {
    Ok(format!("{} {id}", db.0))
}

impl Db {
    #[cached(
        ttl = "5m",
        detach,
        stale = "1h",
        refresh = "background",
        load_timeout = "1s",
        skip(self)
    )]
    pub async fn name(self: Arc<Self>, id: u64) -> Result<String, LoadTimeout> {
        Ok(format!("{} {id}", self.0))
    }
}

const LARGEST: usize = 1 << 16;

#[cached(ttl = "5m", detach, valid_if = |value| *value == like, max_value = LARGEST, skip(like))]
pub async fn generic<K, V>(key: K, like: V) -> Option<V>
where
    K: CacheKey + Send + 'static,
    V: Cacheable + PartialEq,
    Option<V>: PartialEq<V>,
{
    drop(key);
    Some(like)
}

#[async_trait::async_trait]
pub trait Find {
    async fn find(self: Arc<Self>, id: u64) -> u64;
}

#[async_trait::async_trait]
impl Find for Db {
    #[cached(ttl = "5m", detach, skip(self))]
    async fn find(self: Arc<Self>, id: u64) -> u64 {
        self.0 + id
    }
}
