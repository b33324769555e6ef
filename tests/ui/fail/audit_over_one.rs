//! More than all hits.

use cache_runtime::cached;

#[cached(ttl = "5m", audit = 2.0)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
