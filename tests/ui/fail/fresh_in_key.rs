//! A call that reloads, and has an entry of its own.

use cache_runtime::cached;

#[cached(ttl = "5m", fresh = reload)]
async fn user(id: u64, reload: bool) -> u64 {
    let _ = reload;
    id
}

fn main() {}
