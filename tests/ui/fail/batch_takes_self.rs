//! A receiver that the body takes.

use std::collections::HashMap;

use cache_runtime::cached;

struct Db;

impl Db {
    #[cached(ttl = "5m", batch = ids, skip(self))]
    async fn users(self, ids: &[u64]) -> HashMap<u64, String> {
        ids.iter().map(|id| (*id, String::new())).collect()
    }
}

fn main() {}
