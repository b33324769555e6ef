//! A shared policy that asks for audits, of a function that does not own what it takes.

use std::time::Duration;

use cache_runtime::{Policy, cached};

const HOT: Policy = Policy::new(Duration::from_secs(300)).audit(0.001);

#[cached(policy = HOT)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
