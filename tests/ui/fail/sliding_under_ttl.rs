//! A longest life that is no longer than that of an entry nobody uses.

use cache_runtime::cached;

#[cached(ttl = "30m", sliding = "10m")]
async fn session(id: u64) -> u64 {
    id
}

fn main() {}
