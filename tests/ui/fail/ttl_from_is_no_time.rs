//! A time of the value that is none.

use cache_runtime::cached;

#[cached(ttl = "5m", ttl_from = |value| value.to_string())]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
