//! What elsewhere lengthens a life.

use cache_runtime::cached;

#[cached(ttl = "5m", refresh = true)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
