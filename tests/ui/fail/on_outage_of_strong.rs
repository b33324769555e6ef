//! Memory that serves through an outage, where each call must ask Redis.

use cache_runtime::cached;

#[cached(consistency = "strong", on_outage = "serve", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
