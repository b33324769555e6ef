//! The name of the older value as text.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "1h", older = "previous")]
async fn page(id: u64) -> u64 {
    previous.unwrap_or(id)
}

fn main() {}
