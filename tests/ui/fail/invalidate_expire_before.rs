//! What may not be served while the fn runs, and may be.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = ["user:{id}"], before, expire)]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
