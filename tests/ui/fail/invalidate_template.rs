//! A tag over no argument.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = ["user:{id}"])]
async fn rename() -> u64 {
    1
}

fn main() {}
