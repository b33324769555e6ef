//! A body for many ids beside the hit of one.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", audit = 0.001, batch(id in ids))]
async fn users(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

fn main() {}
