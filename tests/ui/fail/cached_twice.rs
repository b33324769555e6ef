//! Two annotations on one fn.

use cache_runtime::cached;

#[cached(ttl = "5m")]
#[cached(ttl = "1m", tags = ["user:{id}"])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
