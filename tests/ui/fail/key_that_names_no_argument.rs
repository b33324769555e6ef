//! A readable key that is the same for all calls.

use cache_runtime::cached;

#[cached(ttl = "5m", key = "user")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
