//! Values of which nobody knows the ids.

use cache_runtime::cached;

#[cached(ttl = "5m", batch = ids)]
async fn users(ids: &[u64]) -> Vec<String> {
    ids.iter().map(u64::to_string).collect()
}

fn main() {}
