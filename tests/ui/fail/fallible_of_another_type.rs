//! `fallible` on a type of one's own that is no `Result`.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub struct Outcome;

#[cached(ttl = "5m", fallible)]
pub async fn user(id: u64) -> Outcome {
    let _ = id;
    Outcome
}

fn main() {}
