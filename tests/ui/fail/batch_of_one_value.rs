//! Ids that are one.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", batch = id)]
async fn users(id: u64) -> HashMap<u64, String> {
    HashMap::from([(id, String::new())])
}

fn main() {}
