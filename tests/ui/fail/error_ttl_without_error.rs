//! Errors to remember of a fn that has none.

use cache_runtime::cached;

#[cached(ttl = "5m", error_ttl = "2s")]
async fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
