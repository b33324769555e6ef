//! A duration that overflows.

use cache_runtime::cached;

#[cached(ttl = "18446744073709551615w")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
