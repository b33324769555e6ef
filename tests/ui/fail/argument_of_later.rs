//! An argument that nobody knows.

use cache_runtime::cached;

#[cached(ttl = "5m", sliding = "10m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
