//! An argument that comes and goes.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64, #[cfg_attr(all(), expect(unused))] name: u64) -> u64 {
    id
}

fn main() {}
