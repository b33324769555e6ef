//! `#[tracing::instrument]` above and below, with fields, levels and what it records of the value.

use cache_runtime::{CacheError, cache_invalidate, cache_put, cached};
use tracing::instrument;

#[derive(Debug)]
pub struct Db;

#[instrument]
#[cached(ttl = "5m")]
pub async fn above(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m")]
#[instrument]
pub async fn below(id: u64) -> u64 {
    id
}

#[instrument(level = "debug", skip(db), fields(user.id = id, name), ret, err)]
#[cached(ttl = "5m", skip(db), tags = ["user:{id}"])]
pub async fn with_fields_above(db: &Db, id: u64, name: &str) -> Result<String, String> {
    tracing::debug!(?db, "loads");
    Ok(format!("{name}{id}"))
}

#[cached(ttl = "5m", skip(db), tags = ["user:{id}"])]
#[instrument(level = "debug", skip_all, fields(id), err(Debug))]
pub async fn with_fields_below(db: &Db, id: u64) -> Result<u64, String> {
    let _ = db;
    Ok(id)
}

impl Db {
    #[instrument(skip(self))]
    #[cached(ttl = "5m", skip(self))]
    pub async fn find(&self, id: u64) -> Option<u64> {
        Some(id)
    }

    #[instrument(skip(self))]
    #[cache_invalidate(tags = ["user:{id}"])]
    #[cache_put(entry = below_entry(id))]
    pub async fn write(&self, id: u64) -> u64 {
        id
    }
}

#[async_trait::async_trait]
pub trait Find {
    async fn find_boxed(&self, id: u64) -> u64;
}

#[async_trait::async_trait]
impl Find for Db {
    #[instrument(skip(self))]
    #[cached(ttl = "5m", skip(self))]
    async fn find_boxed(&self, id: u64) -> u64 {
        id
    }
}

pub async fn clear() -> Result<(), CacheError> {
    above_entry(1).invalidate().await?;
    below_entry(1).invalidate().await?;
    with_fields_above_entry(1, "name").invalidate().await?;
    Db::find_entry(1).invalidate().await
}
