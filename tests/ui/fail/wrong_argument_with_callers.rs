//! One wrong argument of an annotation: what calls the fn and its companion says nothing more.

use cache_runtime::{CacheError, cached};

#[cached(ttl = "5x", tags = ["user:{id}"], skip(db))]
async fn user(db: &str, id: u64) -> Result<String, u8> {
    Ok(format!("{db}{id}"))
}

async fn caller(id: u64) -> Result<(), CacheError> {
    let _: Result<String, u8> = user("db", id).await;
    user_entry(id).put("Ada".to_owned()).await?;
    user_entry(id).invalidate().await
}

fn main() {}
