//! A plain value said to be fallible.

use cache_runtime::cached;

#[cached(ttl = "5m", fallible)]
async fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
