//! An unsafe fn.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async unsafe fn user(id: u64) -> u64 {
    id
}

fn main() {}
