//! A test of a hit that gives a number.

use cache_runtime::cached;

#[cached(ttl = "5m", valid_if = |value| *value - id)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
