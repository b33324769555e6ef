//! What moka calls it.

use cache_runtime::cached;

#[cached(ttl = "30m", time_to_idle = "10m")]
async fn session(id: u64) -> u64 {
    id
}

fn main() {}
