//! How many entries memory has of a function that has none there.

use cache_runtime::cached;

#[cached(ttl = "5m", tiers = [redis], max_entries = 100, priority = "high")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
