//! An argument that can't be in a key.

use cache_runtime::cached;

pub struct Db;

#[cached(ttl = "5m")]
async fn user(db: &Db, id: u64) -> u64 {
    let _ = db;
    id
}

fn main() {}
