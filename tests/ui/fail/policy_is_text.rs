//! A policy by a name in quotes.

use cache_runtime::cached;

#[cached(policy = "hot")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
