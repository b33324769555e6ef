//! A codec that is given twice.

use cache_runtime::cached;

#[cached(codec = "bincode", ttl = "5m", codec = "msgpack")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
