//! A put of a fn that returns nothing.

use cache_runtime::{cache_put, cached};

#[cached(ttl = "5m")]
async fn name(id: u64) -> String {
    id.to_string()
}

#[cache_put(entry = name_entry(id))]
async fn rename(id: u64) {
    let _ = id;
}

fn main() {}
