//! The same argument twice.

use cache_runtime::cached;

#[cached(ttl = "5m", ttl = "6m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
