//! A stale window beside a policy whose entries live on by their use.

use std::time::Duration;

use cache_runtime::{Policy, cached};

const SESSION: Policy = Policy::new(Duration::from_secs(60)).sliding(Duration::from_secs(600));

#[cached(policy = SESSION, stale = "1h")]
async fn session(id: u64) -> u64 {
    id
}

fn main() {
    drop(session(1));
}
