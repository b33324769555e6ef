//! The body's own error, shown where it is.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(id: u64) -> Result<String, u8> {
    let id: u32 = id;
    Ok(id)
}

fn main() {}
