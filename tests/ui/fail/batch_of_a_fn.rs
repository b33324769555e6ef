//! The fn in place of its entry.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(batch(id in ids), batch_of = user)]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, String::new())).collect()
}

fn main() {}
