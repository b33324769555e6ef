//! Times that each call would have its own of.

use std::time::Duration;

use cache_runtime::cached;

#[cached(ttl = ttl, stale = stale, skip(ttl, stale))]
async fn user(id: u64, ttl: Duration, stale: u64) -> u64 {
    let _ = (ttl, stale);
    id
}

fn main() {}
