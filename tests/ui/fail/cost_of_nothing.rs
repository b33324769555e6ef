//! A cost that is none.

use cache_runtime::cached;

#[cached(ttl = "5m", cost_per_load = 0.0)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
