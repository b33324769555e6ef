//! A wait that is no duration.

use cache_runtime::cached;

#[cached(ttl = "5m", wait = "soon")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
