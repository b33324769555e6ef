//! A namespace that would move the entry to another slot.

use cache_runtime::cached;

#[cached(ns = "user:{id}", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
