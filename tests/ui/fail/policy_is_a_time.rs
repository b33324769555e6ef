//! A policy that is a time.

use std::time::Duration;

use cache_runtime::cached;

const HOT: Duration = Duration::from_secs(300);

#[cached(policy = HOT)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
