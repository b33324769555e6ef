//! A const fn.

use cache_runtime::cached;

#[cached(ttl = "5m")]
const fn user(id: u64) -> u64 {
    id
}

fn main() {}
