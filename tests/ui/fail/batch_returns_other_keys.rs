//! Values by something else than the ids.

use std::collections::HashMap;

use cache_runtime::cached;

#[cached(ttl = "5m", batch = ids)]
async fn users(ids: &[u64]) -> Result<HashMap<String, String>, String> {
    Ok(ids.iter().map(|id| (id.to_string(), String::new())).collect())
}

fn main() {}
