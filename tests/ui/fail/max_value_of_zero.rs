//! No value at all.

use cache_runtime::cached;

#[cached(ttl = "5m", max_value = 0)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
