//! An error that no timeout can become.

use cache_runtime::cached;

#[derive(Clone)]
struct DbError;

#[cached(ttl = "5m", load_timeout = "2s")]
async fn user(id: u64) -> Result<u64, DbError> {
    Ok(id)
}

fn main() {}
