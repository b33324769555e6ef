//! A time of the value and of something else.

use cache_runtime::cached;

#[cached(ttl = "5m", ttl_from = |value, id| *value)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
