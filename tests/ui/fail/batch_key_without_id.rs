//! One entry for all ids.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", batch(id in ids), key = tenant)]
async fn users(tenant: u32, ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, tenant.to_string())).collect()
}

fn main() {}
