//! No tier at all.

use cache_runtime::cached;

#[cached(ttl = "5m", tiers = [])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
