//! An older value under the name of an argument.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "1h", older = page)]
async fn next(page: u64) -> u64 {
    page
}

fn main() {}
