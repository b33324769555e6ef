//! A tag of all ids at once.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", batch = ids, tags = ["users:{ids}"])]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, String::new())).collect()
}

fn main() {}
