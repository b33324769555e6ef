//! A trait's `async fn`: in an impl, and as the trait's own body.

use cache_runtime::cached;

pub trait Find {
    async fn find(&self, id: u32) -> Option<String>;

    #[cached(ttl = "5m", skip(self), entry = false)]
    async fn name(&self, id: u32) -> String {
        self.find(id).await.unwrap_or_default()
    }
}

pub struct Table;

impl Find for Table {
    #[cached(ttl = "5m", skip(self), entry = false)]
    async fn find(&self, id: u32) -> Option<String> {
        (id > 0).then(|| id.to_string())
    }
}
