//! A fn without a value.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) {
    drop(id.to_string());
}

fn main() {}
