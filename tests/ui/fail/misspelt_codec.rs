//! A codec whose name is spelt wrong.

use cache_runtime::cached;

#[cached(ttl = "5m", codec = "jsn")]
async fn user(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", codec = json)]
async fn group(id: u64) -> u64 {
    id
}

fn main() {}
