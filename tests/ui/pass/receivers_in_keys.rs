//! A key that names `self`, whatever holds it: the companion is asked of the same.

use std::pin::Pin;
use std::sync::Arc;

use cache_runtime::{CacheError, CacheKey, cached};

#[derive(Clone, CacheKey)]
pub struct Users {
    pub tenant: u32,
}

impl Users {
    #[cached(ttl = "5m", key = (self.tenant, id), tags = ["tenant:{self.tenant}"])]
    pub async fn by_arc(self: Arc<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", key = (self, id))]
    pub async fn by_arc_reference(self: &Arc<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", key = (self.tenant, id))]
    pub async fn by_box(self: Box<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", key = (self.tenant, id))]
    pub async fn by_pin(self: Pin<&Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", key = "{self.tenant}-{id}")]
    pub async fn by_value(self, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", key = (self, id))]
    pub async fn as_a_whole(&self, id: u32) -> u32 {
        self.tenant + id
    }
}

pub async fn clear(users: &Users, shared: &Arc<Users>) -> Result<(), CacheError> {
    users.as_a_whole_entry(1).invalidate().await?;
    users.by_value_entry(1).invalidate().await?;
    shared.by_arc_reference_entry(1).invalidate().await?;
    Pin::new(users).by_pin_entry(1).invalidate().await?;
    Box::new(users.clone()).by_box_entry(1).invalidate().await?;
    Arc::clone(shared).by_arc_entry(1).invalidate().await
}
