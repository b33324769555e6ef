//! An empty list of tags.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = [])]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
