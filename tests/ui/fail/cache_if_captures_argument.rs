//! A test of the value that names an argument.

use cache_runtime::cached;

#[cached(ttl = "5m", cache_if = |value| *value > id)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
