//! A life that has no end, and a use that would lengthen it.

use cache_runtime::cached;

#[cached(ttl = "forever", sliding = "24h")]
async fn session(id: u64) -> u64 {
    id
}

fn main() {}
