//! As many settings on one fn as go together, in either order.

use std::sync::Arc;

use cache_runtime::{Cache, CacheError, LoadTimeout, cached};

pub struct Db {
    pub cache: Cache,
}

#[cached(
    crate = ::cache_runtime,
    ns = "every",
    id = "every",
    version = 3,
    shape = "v2",
    ttl = "5m",
    stale = "10m",
    jitter = 0.1,
    early = 0.5,
    wait = "1s",
    load_timeout = "2s",
    error_ttl = "1s",
    none_ttl = "30s",
    refresh = "background",
    lease = "process",
    consistency = "bounded",
    on_outage = "serve",
    compress = "none",
    codec = "bincode",
    encrypt = false,
    fallible,
    entry = every_one,
    cache = db.cache,
    key = "{id}-{name}",
    tags = ["id:{id}", name],
    tags_from = |found| found.iter().map(|text| format!("text:{text}")),
    cache_if = |found| found.as_deref() != Some(""),
    ttl_from = |found| found.as_ref().map(|text| text.len() as u64),
    fresh = reload,
    skip(db, reload)
)]
pub async fn every(
    db: Arc<Db>,
    id: u64,
    name: String,
    reload: bool,
) -> Result<Option<String>, LoadTimeout> {
    drop(db);
    Ok((id > 0 && !reload).then_some(name))
}

#[cached(
    skip(db, least),
    valid_if = |found| found.len() > least,
    ttl_from = |found| found.len() as u64,
    cache_if = |found| !found.is_empty(),
    tags = ["id:{id}"],
    key = (id, 7),
    cache = db.cache,
    entry = many_one,
    fallible = false,
    on_outage = "lag",
    consistency = "strong",
    lease = "fleet",
    refresh = "caller",
    wait = 5,
    jitter = 1.0,
    stale = 60,
    ttl = 60,
    version = 1,
    id = "other",
    ns = "other"
)]
pub async fn other(db: &Db, id: u64, least: usize) -> String {
    let _ = (db, least);
    id.to_string()
}

pub async fn clear(db: &Arc<Db>) -> Result<(), CacheError> {
    every_one(Arc::clone(db), 1, String::new())
        .invalidate()
        .await?;
    many_one(db, 1).invalidate().await
}
