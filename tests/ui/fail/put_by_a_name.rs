//! A put into what is no entry.

use cache_runtime::cache_put;

#[cache_put(entry = "user:{id}")]
async fn rename(id: u64) -> u64 {
    id
}

#[cache_put(entry = id)]
async fn other(id: u64) -> u64 {
    id
}

fn main() {}
