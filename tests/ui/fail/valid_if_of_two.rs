//! A test of a hit that wants the arguments too, which it can name.

use cache_runtime::cached;

#[cached(ttl = "5m", valid_if = |value, id| *value == id)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
