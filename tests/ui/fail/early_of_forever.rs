//! A refresh before an end that never comes.

use cache_runtime::cached;

#[cached(ttl = "forever", stale = "1h", early = 1.0)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
