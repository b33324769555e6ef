//! The older value of many ids.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "1h", batch = ids, older = previous)]
async fn pages(ids: &[u64]) -> Vec<Option<u64>> {
    ids.iter().map(|id| Some(*id)).collect()
}

fn main() {}
