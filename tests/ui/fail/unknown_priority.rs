//! A priority that there is not.

use cache_runtime::cached;

#[cached(ttl = "5m", priority = "highest")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
