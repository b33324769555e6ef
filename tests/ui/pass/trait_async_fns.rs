//! Traits with async fns of their own: generic ones, associated types, bodies in the trait, impls for what others own.

use cache_runtime::{CacheKey, cache_invalidate, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub trait Store<K>
where
    K: CacheKey,
{
    type Value: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    type Error: Send;

    const TTL: u64 = 60;

    async fn get(&self, key: K) -> Result<Option<Self::Value>, Self::Error>;

    fn sent(&self, key: K) -> impl Future<Output = Option<Self::Value>> + Send;

    async fn clear(&mut self, key: &K) -> bool;

    #[cached(ttl = Self::TTL, skip(self, other), key = (std::any::type_name::<Self>(), key), entry = false)]
    async fn both<O>(&self, key: &K, other: &O) -> Option<Self::Value>
    where
        O: Store<K, Value = Self::Value> + ?Sized,
        K: Clone,
        Self: 'static,
    {
        match self.get(key.clone()).await {
            Ok(Some(value)) => Some(value),
            _ => other.get(key.clone()).await.ok().flatten(),
        }
    }

    #[cached(ttl = "5m", key = (std::any::type_name::<Self>(), id), entry = false)]
    async fn of_no_receiver(id: u32) -> u32 {
        id
    }
}

pub struct Table<T>(pub T);

impl<T> Store<u32> for Table<T>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Value = T;
    type Error = String;

    #[cached(ttl = Self::TTL, skip(self), entry = false)]
    async fn get(&self, key: u32) -> Result<Option<Self::Value>, Self::Error> {
        Ok((key > 0).then(|| self.0.clone()))
    }

    #[cached(ttl = <Self as Store<u32>>::TTL, skip(self), entry = false)]
    async fn sent(&self, key: u32) -> Option<T> {
        (key > 0).then(|| self.0.clone())
    }

    #[cache_invalidate(tags = ["key:{key}"])]
    async fn clear(&mut self, key: &u32) -> bool {
        *key > 0
    }
}

impl<K: CacheKey + Send> Store<K> for str {
    type Value = String;
    type Error = std::convert::Infallible;

    #[cached(ttl = "5m", key = (self, key), entry = false)]
    async fn get(&self, key: K) -> Result<Option<String>, Self::Error> {
        drop(key);
        Ok(Some(self.to_owned()))
    }

    #[cached(ttl = "5m", key = (self, key), entry = false)]
    async fn sent(&self, key: K) -> Option<String> {
        drop(key);
        Some(self.to_owned())
    }

    async fn clear(&mut self, _key: &K) -> bool {
        self.make_ascii_lowercase();
        true
    }
}
