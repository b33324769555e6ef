//! An argument that is mistyped.

use cache_runtime::cached;

#[cached(tll = "5m", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
