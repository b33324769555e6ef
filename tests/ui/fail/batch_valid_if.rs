//! A test of a hit in a call of many.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", batch = ids, valid_if = |user| user.len() > 1)]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, String::new())).collect()
}

fn main() {}
