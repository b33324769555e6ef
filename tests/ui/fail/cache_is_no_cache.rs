//! A cache that is none.

use cache_runtime::cached;

#[cached(ttl = "5m", cache = 7)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
