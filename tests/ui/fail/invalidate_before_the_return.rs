//! What is known of the return, before it.

use cache_runtime::cache_invalidate;

#[cache_invalidate(before, tags_from = |id| [format!("user:{id}")])]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
