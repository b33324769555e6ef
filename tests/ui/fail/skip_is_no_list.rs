//! Skip takes a list.

use cache_runtime::cached;

#[cached(ttl = "5m", skip = db)]
async fn user(db: u8, id: u64) -> u64 {
    id + u64::from(db)
}

fn main() {}
