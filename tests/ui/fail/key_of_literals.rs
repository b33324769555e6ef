//! A key of literals alone.

use cache_runtime::cached;

#[cached(ttl = "5m", key = ("user", 1))]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
