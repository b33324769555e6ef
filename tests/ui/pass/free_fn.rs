//! A free fn, with every argument of the annotation that needs no value of the program's.

use cache_runtime::{CacheError, cached};

#[derive(Debug)]
pub struct Missing;

/// Documented, and it stays so.
#[cached(
    ns = "user",
    ttl = "1h30m",
    tags = ["user:{id}", "everyone", format!("shard:{}", id % 16)],
    compress = "zstd",
    id = "user",
    version = 2,
    lease = "process",
    wait = "500ms"
)]
#[must_use]
pub async fn user(id: u64) -> Result<String, Missing> {
    if id == 0 {
        return Err(Missing);
    }
    Ok(id.to_string())
}

pub async fn clear(id: u64) -> Result<(), CacheError> {
    user_entry(id).invalidate().await
}
