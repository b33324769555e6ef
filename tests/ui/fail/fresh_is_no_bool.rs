//! A number that says whether to reload.

use cache_runtime::cached;

#[cached(ttl = "5m", fresh = level, skip(level))]
async fn user(id: u64, level: u8) -> u64 {
    let _ = level;
    id
}

fn main() {}
