//! Methods: `self` skipped, and `self` in the key.

use cache_runtime::{Cache, CacheError, cached};

pub struct Users {
    tenant: u32,
    cache: Cache,
}

impl Users {
    const TTL: u64 = 60;

    #[cached(ttl = "5m", skip(self), cache = self.cache)]
    pub async fn shared(&self, id: u64) -> u64 {
        id + u64::from(self.tenant)
    }

    #[cached(ttl = Self::TTL, key = (self.tenant, id))]
    pub async fn by_tenant(&self, id: u64) -> u64 {
        id + u64::from(self.tenant)
    }

    #[cached(ttl = 60 * 60, tags = ["tenant:{self.tenant}"], skip(self))]
    pub async fn changing(&mut self, id: u64) -> u64 {
        self.tenant += 1;
        id
    }

    #[cached(ttl = 300, skip(self))]
    pub async fn consuming(self, id: u64) -> u64 {
        id + u64::from(self.tenant)
    }
}

pub async fn clear(users: &Users) -> Result<(), CacheError> {
    users.shared_entry(1).invalidate().await?;
    users.by_tenant_entry(1).invalidate().await?;
    users.changing_entry(1).invalidate().await?;
    Users::consuming_entry(1).invalidate().await
}
