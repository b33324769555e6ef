//! A put of a fn that can't wait for it.

use cache_runtime::{cache_put, cached};

#[cached(ttl = "5m")]
async fn name(id: u64) -> String {
    id.to_string()
}

#[cache_put(entry = name_entry(id))]
fn rename(id: u64) -> String {
    id.to_string()
}

fn main() {
    drop(name(1));
}
