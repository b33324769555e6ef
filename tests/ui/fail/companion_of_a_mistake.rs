//! A mistake in the annotation of a method and of a fn whose companions are used elsewhere.

use cache_runtime::{CacheError, cached};

pub struct Db;

impl Db {
    #[cached(ttl = "5x", skip(self))]
    pub async fn user(&self, id: u64) -> Option<String> {
        Some(id.to_string())
    }
}

#[cached(ttl = "5m", tags = ["user:{name}"])]
pub async fn name(id: u64) -> String {
    id.to_string()
}

mod callers {
    pub async fn clear(id: u64) -> Result<(), super::CacheError> {
        super::Db::user_entry(id).invalidate().await?;
        super::name_entry(id).invalidate().await?;
        super::Db.user(id).await;
        super::name(id).await;
        Ok(())
    }
}

fn main() {
    drop(callers::clear(7));
}
