//! A time for a `None` that there can't be.

use cache_runtime::cached;

#[cached(ttl = "5m", none_ttl = "30s")]
async fn user(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
