//! `#[cache_put]` and `#[cache_invalidate]` in traits and their impls, with every receiver.

use std::pin::Pin;
use std::sync::Arc;

use cache_runtime::{CacheKey, cache_invalidate, cache_put, cached};

#[cached(ttl = "5m")]
pub async fn name(id: u64) -> String {
    id.to_string()
}

pub trait Write<K: CacheKey> {
    async fn put(&mut self, id: u64, key: K) -> String;

    async fn clear(self, key: &K) -> bool;

    fn sent(&self, id: u64) -> impl Future<Output = String> + Send;

    #[cache_put(entry = name_entry(id))]
    async fn by_default(&self, id: u64) -> String
    where
        Self: Sized,
    {
        id.to_string()
    }
}

pub struct Table<'a>(pub &'a str);

impl<K: CacheKey> Write<K> for Table<'_> {
    #[cache_put(entry = name_entry(id))]
    async fn put(&mut self, id: u64, key: K) -> String {
        drop(key);
        self.0.to_owned()
    }

    #[cache_invalidate(tags = ["table:{self.0}"], entries = [name_entry(7)])]
    async fn clear(self, key: &K) -> bool {
        let _ = key;
        self.0.is_empty()
    }

    #[cache_put(entry = |name| name_entry(name.len() as u64))]
    async fn sent(&self, id: u64) -> String {
        id.to_string()
    }
}

pub struct Users(pub u64);

impl Users {
    #[cache_put(entry = name_entry(self.0))]
    pub async fn by_arc(self: &Arc<Self>) -> String {
        self.0.to_string()
    }

    #[cache_invalidate(entries = [name_entry(self.0)], before)]
    pub async fn by_pin(mut self: Pin<&mut Self>) -> u64 {
        self.0 += 1;
        self.0
    }

    #[cache_invalidate(tags = ["user:{self.0}"])]
    pub async fn by_box(self: Box<Self>) -> Box<Self> {
        self
    }

    #[cache_put(entry = name_entry(self.0), on = "ok")]
    pub async fn by_value(self) -> Result<String, Self> {
        if self.0 > 7 {
            Err(self)
        } else {
            Ok(self.0.to_string())
        }
    }

    #[cache_invalidate(namespaces = ["name"])]
    pub fn boxed(&self) -> Pin<Box<dyn Future<Output = &str> + Send + '_>> {
        Box::pin(async { "name" })
    }
}

#[async_trait::async_trait]
pub trait Boxed<T: Send + 'static> {
    async fn write(&mut self, id: u64, with: T) -> Result<String, String>;
}

#[async_trait::async_trait]
impl<T: Send + 'static> Boxed<T> for Users {
    #[cache_invalidate(tags = ["user:{self.0}"], on = "ok")]
    #[cache_put(entry = name_entry(id))]
    async fn write(&mut self, id: u64, with: T) -> Result<String, String> {
        drop(with);
        self.0 += 1;
        Ok(id.to_string())
    }
}
