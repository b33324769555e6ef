//! No time at all.

use cache_runtime::cached;

#[cached(ttl = "5m", load_timeout = "0s")]
async fn user(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
