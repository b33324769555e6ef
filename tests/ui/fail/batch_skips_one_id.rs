//! An id that is no part of the key.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", batch(id in ids), skip(id))]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, String::new())).collect()
}

fn main() {}
