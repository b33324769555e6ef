//! No comma between two arguments.

use cache_runtime::cached;

#[cached(ns = "user" ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
