//! A companion asked for twice.

use cache_runtime::cached;

#[cached(ttl = "5m", entry = true)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
