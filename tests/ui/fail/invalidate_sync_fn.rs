//! A plain fn.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = ["user"])]
fn rename() -> u64 {
    1
}

fn main() {}
