//! A fn for another language.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async extern "C" fn user(id: u64) -> u64 {
    id
}

fn main() {}
