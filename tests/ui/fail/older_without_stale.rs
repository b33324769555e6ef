//! An older value where none is kept.

use cache_runtime::cached;

#[cached(ttl = "5m", older = previous)]
async fn page(id: u64) -> u64 {
    previous.unwrap_or(id)
}

fn main() {}
