//! A call that loads for itself, and a task that has its body.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "1h", refresh = "background", valid_if = |value| *value == id)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
