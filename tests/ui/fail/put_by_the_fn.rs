//! A put into the fn itself, and not into its companion's entry.

use cache_runtime::{cache_put, cached};

#[cached(ttl = "5m")]
async fn name(id: u64) -> String {
    id.to_string()
}

#[cache_put(entry = name(id))]
async fn rename(id: u64) -> String {
    id.to_string()
}

fn main() {
    drop(name(1));
}
