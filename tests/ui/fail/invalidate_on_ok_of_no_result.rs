//! `on = "ok"` on a fn that returns no `Result`.

use cache_runtime::cache_invalidate;

#[cache_invalidate(tags = ["a"], on = "ok")]
async fn rename(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
