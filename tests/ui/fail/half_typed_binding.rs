//! A body that ends in the middle of a binding: its callers and its companion still resolve, by paths too.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:{id}"])]
async fn user(id: u64) -> Result<String, u8> {
    let name =
}

mod callers {
    async fn caller(id: u64) -> Result<(), cache_runtime::CacheError> {
        let _: Result<String, u8> = super::user(id).await;
        super::user_entry(id).put("Ada".to_owned()).await?;
        super::user_entry(id).invalidate().await
    }
}

fn main() {}
