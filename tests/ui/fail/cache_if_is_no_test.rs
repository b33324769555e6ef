//! A test of the value that is neither true nor false.

use cache_runtime::cached;

#[cached(ttl = "5m", cache_if = |value| value.len())]
async fn name(id: u64) -> String {
    id.to_string()
}

fn main() {}
