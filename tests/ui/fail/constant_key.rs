//! A key that no argument is in.

use cache_runtime::cached;

#[cached(ttl = "5m", key = 7)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
