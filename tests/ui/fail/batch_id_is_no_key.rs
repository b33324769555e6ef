//! Ids that are no keys.

use cache_runtime::cached;

struct Id(u64);

#[cached(ttl = "5m", batch(id in ids))]
async fn users(ids: &[Id]) -> Vec<Option<u64>> {
    ids.iter().map(|id| Some(id.0)).collect()
}

fn main() {}
