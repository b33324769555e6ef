//! `#[async_trait]` on generic traits, on one that is not `Send`, and with a refresh in the background.

use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use cache_runtime::{CacheKey, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[async_trait]
pub trait Find<K: CacheKey, V>: Send + Sync {
    async fn find(&self, key: &K) -> Option<V>;

    async fn refreshed(self: Arc<Self>, key: K) -> V;

    async fn generic<L>(&self, key: K, like: L) -> Result<V, String>
    where
        L: CacheKey + Send + 'static;

    async fn associated(key: K) -> u32
    where
        Self: Sized;
}

pub struct Table<V>(pub V);

#[async_trait]
impl<K, V> Find<K, V> for Table<V>
where
    K: CacheKey + Send + Sync + 'static,
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    #[cached(ttl = "5m", none_ttl = "10s", skip(self))]
    async fn find(&self, key: &K) -> Option<V> {
        let _ = key;
        Some(self.0.clone())
    }

    #[cached(ttl = "5m", stale = "10m", refresh = "background", skip(self))]
    async fn refreshed(self: Arc<Self>, key: K) -> V {
        drop(key);
        self.0.clone()
    }

    #[cached(ttl = "5m", skip(self))]
    async fn generic<L>(&self, key: K, like: L) -> Result<V, String>
    where
        L: CacheKey + Send + 'static,
    {
        drop((key, like));
        Ok(self.0.clone())
    }

    #[cached(ttl = "5m", key = (std::any::type_name::<Self>(), key))]
    async fn associated(key: K) -> u32 {
        drop(key);
        7
    }
}

#[async_trait(?Send)]
pub trait Local {
    async fn local(&self, id: u32) -> u32;
}

#[async_trait(?Send)]
impl Local for Rc<u32> {
    #[cached(ttl = "5m", skip(self))]
    async fn local(&self, id: u32) -> u32 {
        let held = Self::clone(self);
        tokio::task::yield_now().await;
        *held + id
    }
}
