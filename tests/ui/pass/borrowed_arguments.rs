//! Borrowed arguments, elided and named lifetimes, a skipped handle.

use cache_runtime::{CacheError, cached};

pub struct Db(u32);

#[cached(ttl = "5m", skip(db))]
pub async fn find(db: &Db, name: &str, ids: &[u32]) -> Vec<u32> {
    ids.iter()
        .map(|id| id + db.0)
        .chain([u32::try_from(name.len()).unwrap_or(0)])
        .collect()
}

#[cached(ttl = "5m", tags = ["name:{first}"])]
pub async fn longest<'a>(first: &'a str, second: &'a str) -> String {
    let longer: &'a str = if first.len() > second.len() {
        first
    } else {
        second
    };
    longer.to_owned()
}

pub async fn clear() -> Result<(), CacheError> {
    find_entry("a", &[1, 2]).invalidate().await?;
    longest_entry("a", "b").invalidate().await
}
