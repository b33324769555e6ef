//! An identity without a name.

use cache_runtime::cached;

#[cached(id = "", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
