//! A constant that is zero.

use cache_runtime::cached;

const TTL: std::time::Duration = std::time::Duration::ZERO;

#[cached(ttl = TTL)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
