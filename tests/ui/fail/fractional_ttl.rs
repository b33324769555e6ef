//! A duration with a fraction.

use cache_runtime::cached;

#[cached(ttl = 1.5)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
