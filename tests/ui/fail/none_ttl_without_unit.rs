//! A time for a `None` that is none.

use cache_runtime::cached;

#[cached(ttl = "5m", none_ttl = "soon")]
async fn user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
