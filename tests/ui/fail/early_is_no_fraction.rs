//! A whole number of load times.

use cache_runtime::cached;

#[cached(ttl = "5m", early = 1)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
