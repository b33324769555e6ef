//! A free fn has no `self` to skip.

use cache_runtime::cached;

#[cached(ttl = "5m", skip(self))]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
