//! A put that names no entry.

use cache_runtime::cache_put;

#[cache_put]
async fn rename(id: u64, name: &str) -> String {
    let _ = id;
    name.to_owned()
}

fn main() {}
