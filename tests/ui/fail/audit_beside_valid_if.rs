//! The call may need the body that the task has.

use cache_runtime::cached;

#[cached(ttl = "5m", audit = 0.001, valid_if = |value| *value == id)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
