//! An older value under a name that can't be bound.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "1h", older = self)]
async fn page(id: u64) -> u64 {
    id
}

fn main() {}
