//! A reference that lives for ever, which nothing read back can be.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn name(id: u64) -> &'static str {
    if id == 0 { "nobody" } else { "somebody" }
}

#[cached(ttl = "5m")]
async fn names(id: u64) -> Result<Vec<(u64, &'static str)>, &'static str> {
    Ok(vec![(id, "somebody")])
}

fn main() {}
