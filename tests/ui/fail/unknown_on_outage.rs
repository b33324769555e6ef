//! An answer to outages that is none of the choices.

use cache_runtime::cached;

#[cached(on_outage = "panic", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
