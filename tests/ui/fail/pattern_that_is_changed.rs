//! What a pattern binds is changed by the fn.

use cache_runtime::cached;

#[cached(ttl = "5m", key = id)]
async fn user(id: u64, (names, _): (&mut Vec<String>, u8)) -> u64 {
    names.push(id.to_string());
    id
}

fn main() {}
