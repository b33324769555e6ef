//! An argument that the body takes, and may need again.

use std::collections::HashMap;

use cache_runtime::cached;

struct Db;

#[cached(ttl = "5m", batch = ids, skip(db))]
async fn users(db: Db, ids: &[u64]) -> HashMap<u64, String> {
    drop(db);
    ids.iter().map(|id| (*id, String::new())).collect()
}

fn main() {}
