//! More than the whole ttl.

use cache_runtime::cached;

#[cached(ttl = "5m", jitter = 1.5)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
