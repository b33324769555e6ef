//! A test of another type of value.

use cache_runtime::cached;

fn is_current(version: &str) -> bool {
    version == "v2"
}

#[cached(ttl = "5m", valid_if = is_current)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
