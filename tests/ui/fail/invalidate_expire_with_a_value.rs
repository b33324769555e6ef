//! A time for what stands alone.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = ["user:{id}"], expire = "5m")]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
