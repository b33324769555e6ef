//! Entries of other values.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> u32 {
    u32::try_from(id).unwrap_or(0)
}

#[cached(batch(id in ids), batch_of = user_entry(*id))]
async fn users(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, String::new())).collect()
}

fn main() {}
