//! The same, by constants.

use cache_runtime::cached;

const LONGEST: std::time::Duration = std::time::Duration::from_secs(60);

#[cached(ttl = "30m", sliding = LONGEST)]
async fn session(id: u64) -> u64 {
    id
}

fn main() {}
