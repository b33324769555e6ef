//! A task that would be lent its ids.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", batch = ids, detach)]
async fn users(ids: Vec<u64>) -> HashMap<u64, String> {
    ids.into_iter().map(|id| (id, String::new())).collect()
}

fn main() {}
