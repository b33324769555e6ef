//! A tag without a name.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = [""])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
