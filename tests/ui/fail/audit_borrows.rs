//! The load of an audit would outlive what it borrows.

use cache_runtime::cached;

struct Db;

#[cached(ttl = "5m", audit = 0.001, skip(_db))]
async fn user(_db: &Db, id: u64) -> u64 {
    id
}

fn main() {}
