//! An error that can't be returned twice.

use cache_runtime::cached;

#[cached(ttl = "5m", error_ttl = "2s")]
async fn user(id: u64) -> Result<u64, std::io::Error> {
    Ok(id)
}

fn main() {}
