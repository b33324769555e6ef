//! `on = "ok"` of a type that only looks as if it could be a `Result`.

use cache_runtime::cache_invalidate;

pub struct Outcome;

#[cache_invalidate(tags = ["user:{id}"], on = "ok")]
pub async fn rename(id: u64) -> Outcome {
    let _ = id;
    Outcome
}

fn main() {}
