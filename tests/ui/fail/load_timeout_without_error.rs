//! A limit of a fn that returns no error.

use cache_runtime::cached;

#[cached(ttl = "5m", load_timeout = "2s")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
