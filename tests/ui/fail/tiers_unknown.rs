//! A tier that there is not.

use cache_runtime::cached;

#[cached(ttl = "5m", tiers = [memory, disk])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
