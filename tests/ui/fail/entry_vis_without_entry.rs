//! The visibility of a companion that is left out.

use cache_runtime::cached;

#[cached(ttl = "5m", entry = false, entry_vis = "pub")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
