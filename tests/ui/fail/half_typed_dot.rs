//! A method whose body ends behind a dot: its callers and its companion still resolve.

use cache_runtime::{CacheError, cached};

struct Db;

impl Db {
    #[cached(ttl = "5m", skip(self))]
    async fn next(&self, id: u64) -> u64 {
        id.
    }
}

async fn caller(db: &Db, id: u64) -> Result<(), CacheError> {
    let _: u64 = db.next(id).await;
    Db::next_entry(id).put(7).await?;
    Db::next_entry(id).invalidate().await
}

fn main() {}
