//! A task that would load one id.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "1h", refresh = "background", batch = ids)]
async fn users(ids: Vec<u64>) -> HashMap<u64, String> {
    ids.into_iter().map(|id| (id, String::new())).collect()
}

fn main() {}
