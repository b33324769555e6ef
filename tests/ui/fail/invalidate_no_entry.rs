//! An entry that is none.

use cache_runtime::cache_invalidate;

#[cache_invalidate(entries = [id])]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
