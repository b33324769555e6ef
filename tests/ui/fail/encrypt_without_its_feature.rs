//! `encrypt` where the feature of that name is off.

use cache_runtime::cached;

#[cached(ttl = "5m", encrypt)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
