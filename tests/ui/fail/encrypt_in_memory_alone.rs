//! What never goes to Redis is not encrypted there.

use cache_runtime::cached;

#[cached(ttl = "5m", tiers = [memory], encrypt, codec = "msgpack")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
