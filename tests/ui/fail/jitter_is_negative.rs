//! A ttl that is longer.

use cache_runtime::cached;

#[cached(ttl = "5m", jitter = -0.1)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
