//! What `#[async_trait]` leaves: a plain method that returns a boxed future.

use cache_runtime::{cache_invalidate, cached};

#[async_trait::async_trait]
pub trait Find: Sync {
    async fn find(&self, id: u32, name: &str) -> Result<String, u8>;

    async fn rename(&self, id: u32, name: &str);

    #[cached(ttl = "5m", skip(self))]
    async fn count(&self, id: u32) -> u32 {
        id
    }
}

pub struct Table;

#[async_trait::async_trait]
impl Find for Table {
    #[cached(ttl = "5m", tags = ["row:{id}"], skip(self))]
    async fn find(&self, id: u32, name: &str) -> Result<String, u8> {
        let id = u8::try_from(id).map_err(|_| 1)?;
        Ok(format!("{name}{id}"))
    }

    #[cache_invalidate(tags = ["row:{id}"])]
    async fn rename(&self, id: u32, name: &str) {
        drop(name.repeat(id as usize));
    }
}
