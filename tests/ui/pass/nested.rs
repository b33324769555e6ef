//! Fns inside fns, and the companion renamed.

use cache_runtime::{CacheError, cached};

pub async fn outer(id: u32) -> Result<u32, CacheError> {
    #[cached(ttl = "5m", entry = kept_inner)]
    async fn inner(id: u32) -> u32 {
        id
    }

    kept_inner(id).invalidate().await?;
    Ok(inner(id).await)
}
