//! Never, as a number.

use cache_runtime::cached;

#[cached(ttl = "5m", early = 0.0)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
