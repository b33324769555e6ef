//! Which cipher it is can't be chosen.

use cache_runtime::cached;

#[cached(ttl = "5m", encrypt = "aes")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
