//! An argument that nobody knows.

use cache_runtime::cached;

#[cached(ttl = "5m", none_ttl = "30s")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
