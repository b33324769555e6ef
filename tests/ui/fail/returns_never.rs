//! A fn that never returns.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> ! {
    panic!("{id}")
}

fn main() {}
