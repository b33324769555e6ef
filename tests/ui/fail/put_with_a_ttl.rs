//! A put that says what its entry's fn says.

use cache_runtime::{cache_put, cached};

#[cached(ttl = "5m")]
async fn name(id: u64) -> String {
    id.to_string()
}

#[cache_put(entry = name_entry(id), ttl = "10m", key = id)]
async fn rename(id: u64) -> String {
    id.to_string()
}

fn main() {
    drop(name(1));
}
