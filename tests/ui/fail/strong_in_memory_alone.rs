//! A shared policy that is strong, and values in one process.

use std::time::Duration;

use cache_runtime::{Consistency, Policy, cached};

const STRONG: Policy = Policy::new(Duration::from_secs(60)).consistency(Consistency::Strong);

#[cached(policy = STRONG, tiers = [memory])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {
    drop(user(7));
}
