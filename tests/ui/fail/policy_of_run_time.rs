//! A policy that only a run of the program knows.

use cache_runtime::{Policy, cached};

#[cached(policy = policy, skip(policy))]
async fn user(id: u64, policy: Policy) -> u64 {
    let _ = policy;
    id
}

fn main() {}
