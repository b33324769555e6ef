//! Entries of nothing.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cached(batch_of = user_entry(*id))]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, String::new())).collect()
}

fn main() {}
