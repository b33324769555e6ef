//! A value without a name.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> impl Clone {
    id
}

fn main() {}
