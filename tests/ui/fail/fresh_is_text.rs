//! A name in quotes.

use cache_runtime::cached;

#[cached(ttl = "5m", fresh = "reload", skip(reload))]
async fn user(id: u64, reload: bool) -> u64 {
    let _ = reload;
    id
}

fn main() {}
