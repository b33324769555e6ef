//! A suffix that is no unit of time.

use cache_runtime::cached;

#[cached(ttl = 5min)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
