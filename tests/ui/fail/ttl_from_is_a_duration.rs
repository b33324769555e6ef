//! A time that is the same for all values.

use cache_runtime::cached;

#[cached(ttl = "5m", ttl_from = "1m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
