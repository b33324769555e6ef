//! `on` knows one choice.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = ["a"], on = "error")]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {}
