//! A receiver that the body may change.

use std::collections::HashMap;

use cache_runtime::cached;

struct Db(u64);

impl Db {
    #[cached(ttl = "5m", batch = ids, skip(self))]
    async fn users(&mut self, ids: &[u64]) -> HashMap<u64, String> {
        self.0 += 1;
        ids.iter().map(|id| (*id, String::new())).collect()
    }
}

fn main() {}
