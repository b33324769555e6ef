//! Nothing to invalidate.

use cache_runtime::cache_invalidate;

#[cache_invalidate]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
