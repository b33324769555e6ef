//! A put of another type than the entry has.

use cache_runtime::{cache_put, cached};

#[cached(ttl = "5m")]
async fn name(id: u64) -> Result<String, u8> {
    Ok(id.to_string())
}

#[cache_put(entry = name_entry(id))]
async fn rename(id: u64) -> Result<u64, u8> {
    Ok(id)
}

fn main() {}
