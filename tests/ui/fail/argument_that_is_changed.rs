//! An argument that the fn changes, which a hit would not.

use cache_runtime::cached;

#[cached(ttl = "5m", key = id)]
async fn user(id: u64, names: &mut Vec<String>) -> u64 {
    names.push(id.to_string());
    id
}

fn main() {}
