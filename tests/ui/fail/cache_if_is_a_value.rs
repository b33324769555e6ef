//! A test that is the same for all values.

use cache_runtime::cached;

#[cached(ttl = "5m", cache_if = true)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
