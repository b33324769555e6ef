//! A constant that is no duration.

use cache_runtime::cached;

const TTL: bool = true;

#[cached(ttl = TTL)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
