//! An argument of the other annotation.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = ["a"], ttl = "5m")]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
