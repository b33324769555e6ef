//! A stale window that is no duration.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "a while")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
