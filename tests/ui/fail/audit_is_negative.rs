//! Less than none.

use cache_runtime::cached;

#[cached(ttl = "5m", audit = -0.1)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
