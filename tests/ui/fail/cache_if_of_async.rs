//! A test of the value that waits.

use cache_runtime::cached;

#[cached(ttl = "5m", cache_if = async |value| *value > 7)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
