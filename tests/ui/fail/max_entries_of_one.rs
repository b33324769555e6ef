//! Room for one entry.

use cache_runtime::cached;

#[cached(ttl = "5m", max_entries = 1)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
