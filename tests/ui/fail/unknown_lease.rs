//! A lease that is none of the choices.

use cache_runtime::cached;

#[cached(lease = "galaxy", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
