//! Nothing that could be made stale.

use cache_runtime::cache_invalidate;

#[cache_invalidate(expire)]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
