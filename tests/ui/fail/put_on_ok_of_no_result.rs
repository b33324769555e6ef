//! What is no `Result`, of which `Ok` is to be told.

use cache_runtime::{cache_put, cached};

#[cached(ttl = "5m")]
async fn name(id: u64) -> String {
    id.to_string()
}

#[cache_put(entry = name_entry(id), on = "ok")]
async fn rename(id: u64) -> String {
    id.to_string()
}

#[cache_put(entry = |name| name_entry(name.len() as u64), on = "ok")]
async fn insert(id: u64) -> Result<String, u8> {
    Ok(id.to_string())
}

fn main() {
    drop(name(1));
}
