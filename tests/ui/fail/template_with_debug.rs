//! A key must not depend on `Debug`.

use cache_runtime::cached;

#[cached(ttl = "5m", key = "{id:?}")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
