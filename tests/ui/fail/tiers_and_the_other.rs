//! A setting of the tier that has no values.

use cache_runtime::cached;

#[cached(ttl = "5m", tiers = [memory], compress, consistency = "strong")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
