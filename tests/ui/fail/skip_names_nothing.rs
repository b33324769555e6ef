//! A skip that is mistyped.

use cache_runtime::cached;

#[cached(ttl = "5m", skip(dbb))]
async fn user(db_: u8, id: u64) -> u64 {
    id + u64::from(db_)
}

fn main() {}
