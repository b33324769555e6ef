//! A duration in a unit that is none.

use cache_runtime::cached;

#[cached(ttl = "5 parsecs")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
