//! Versions count from 1.

use cache_runtime::cached;

#[cached(version = 0, ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
