//! A write whose body is half typed: its callers still resolve, by paths too.

use cache_runtime::{cache_invalidate, cache_put, cached};

#[cached(ttl = "5m")]
async fn user(id: u64) -> String {
    id.to_string()
}

#[cache_invalidate(tags = ["user:{id}"])]
#[cache_put(entry = user_entry(id))]
async fn rename(id: u64, name: &str) -> String {
    if name.is_empty() &&
}

mod callers {
    async fn caller() -> Result<(), cache_runtime::CacheError> {
        let _: String = super::rename(1, "Ada").await;
        super::user_entry(1).invalidate().await
    }
}

fn main() {}
