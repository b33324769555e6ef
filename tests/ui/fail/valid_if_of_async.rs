//! A test of a hit that waits.

use cache_runtime::cached;

#[cached(ttl = "5m", valid_if = async |value| *value == id)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
