//! A refresh of what is never stale.

use cache_runtime::cached;

#[cached(ttl = "5m", refresh = "caller")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
