//! A version that looks like a time.

use cache_runtime::cached;

#[cached(ttl = "5m", version = 5m)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
