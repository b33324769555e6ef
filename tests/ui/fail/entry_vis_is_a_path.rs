//! A visibility that is not one.

use cache_runtime::cached;

#[cached(ttl = "5m", entry_vis = "crate")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
