//! A text where a share belongs.

use cache_runtime::cached;

#[cached(ttl = "5m", audit = "x")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
