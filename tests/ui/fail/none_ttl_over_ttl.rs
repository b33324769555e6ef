//! A time for a `None` that is longer than for all.

use cache_runtime::cached;

#[cached(ttl = "5m", none_ttl = "1h")]
async fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
