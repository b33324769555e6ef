//! A template with nothing in its braces.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:{}"])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
