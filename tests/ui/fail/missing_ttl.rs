//! No `ttl`.

use cache_runtime::cached;

#[cached(ns = "user")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
