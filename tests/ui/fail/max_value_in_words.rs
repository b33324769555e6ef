//! A number with a unit.

use cache_runtime::cached;

#[cached(ttl = "5m", max_value = "10KB")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
