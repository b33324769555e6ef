//! A `Result` that doesn't look like one.

use cache_runtime::cached;

type Outcome = Result<u64, String>;

#[cached(ttl = "5m")]
pub async fn user(id: u64) -> Outcome {
    Ok(id)
}

fn main() {}
