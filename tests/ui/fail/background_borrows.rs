//! A task that would outlive what it borrows.

use cache_runtime::cached;

struct Db;

#[cached(ttl = "5m", stale = "10m", refresh = "background", skip(db))]
async fn user(db: &Db, name: std::borrow::Cow<'_, str>, id: u64) -> u64 {
    id
}

fn main() {}
