//! A refresh that there is no task for.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "10m", refresh = "background")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
