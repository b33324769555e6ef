//! A refresh that is none of the choices.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "10m", refresh = "reader")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
