//! A namespace with a line break.

use cache_runtime::cached;

#[cached(ns = "user\n", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
