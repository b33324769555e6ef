//! An entry that is never fresh.

use cache_runtime::cached;

#[cached(ttl = "0s")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
