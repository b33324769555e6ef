//! A template with a closing brace too many.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:id}"])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
