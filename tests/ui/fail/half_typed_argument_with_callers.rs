//! An annotation that is half typed: what calls the fn and its companion says nothing more.

use cache_runtime::{CacheError, cached};

#[cached(ttl = "5m", tags = )]
async fn user(id: u64) -> String {
    id.to_string()
}

async fn caller(id: u64) -> Result<(), CacheError> {
    let _: String = user(id).await;
    user_entry(id).invalidate().await
}

fn main() {}
