//! A name with `=` and nothing after it.

use cache_runtime::cached;

#[cached(ttl = "5m", ns =)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
