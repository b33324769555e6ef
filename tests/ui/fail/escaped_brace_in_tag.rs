//! A tag that would move to another slot.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["{{user}}"])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
