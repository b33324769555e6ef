//! A test of a hit that is no test.

use cache_runtime::cached;

#[cached(ttl = "5m", valid_if = true)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
