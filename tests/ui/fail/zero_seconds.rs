//! An entry that is never fresh, in seconds.

use cache_runtime::cached;

#[cached(ttl = 0)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
