//! An argument that can't be shown.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:{ids}"])]
async fn user(ids: Vec<u64>) -> usize {
    ids.len()
}

fn main() {}
