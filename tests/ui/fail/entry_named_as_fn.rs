//! A companion with the fn's own name.

use cache_runtime::cached;

#[cached(ttl = "5m", entry = user)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
