//! A life that use lengthens, and a stale window.

use cache_runtime::cached;

#[cached(ttl = "30m", sliding = "24h", stale = "1h")]
async fn session(id: u64) -> u64 {
    id
}

fn main() {}
