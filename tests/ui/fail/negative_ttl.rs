//! A duration below zero.

use cache_runtime::cached;

#[cached(ttl = -5)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
