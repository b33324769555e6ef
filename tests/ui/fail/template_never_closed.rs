//! A template whose brace stays open.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:{id"])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
