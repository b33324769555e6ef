//! A fn each call of which reloads.

use cache_runtime::cached;

#[cached(ttl = "5m", fresh = true)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
