//! A body of many ids that is half typed: its callers and its companion still resolve, by paths too.

use cache_runtime::cached;

#[cached(ttl = "5m", batch(id in ids), tags = ["user:{id}"])]
async fn users(ids: &[u64]) -> Vec<Option<String>> {
    ids.len() +
}

mod callers {
    async fn caller() -> Result<(), cache_runtime::CacheError> {
        let _: Vec<Option<String>> = super::users(&[1, 2]).await;
        super::users_entry(&1).put(Some("Ada".to_owned())).await
    }
}

fn main() {}
