//! A test of another type than the value's.

use cache_runtime::cached;

fn is_sure(confidence: &f64) -> bool {
    *confidence > 0.8
}

#[cached(ttl = "5m", cache_if = is_sure)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
