//! A constant that is zero.

use cache_runtime::cached;

const NEVER: f64 = 0.0;

#[cached(ttl = "5m", early = NEVER)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
