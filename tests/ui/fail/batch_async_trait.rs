//! A method that async_trait boxes.

use std::collections::HashMap;

use cache_runtime::cached;

#[async_trait::async_trait]
trait Find {
    async fn users(&self, ids: &[u64]) -> HashMap<u64, String>;
}

struct Db;

#[async_trait::async_trait]
impl Find for Db {
    #[cached(ttl = "5m", batch = ids, skip(self))]
    async fn users(&self, ids: &[u64]) -> HashMap<u64, String> {
        ids.iter().map(|id| (*id, String::new())).collect()
    }
}

fn main() {}
