//! Writes whose value is an entry's, on every kind of fn.

use std::sync::Arc;

use cache_runtime::{CacheKey, cache_invalidate, cache_put, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub type Answer<T> = Result<T, String>;

#[cached(ttl = "5m", fallible)]
pub async fn name(id: u64) -> Answer<String> {
    Ok(id.to_string())
}

/// Writes a name.
#[cache_put(entry = name_entry(id))]
pub async fn rename(id: u64, mut name: String) -> Answer<String> {
    name.push('!');
    u8::try_from(id).map_err(|_| "no".to_owned())?;
    Ok(name)
}

#[cache_put(entry = (|name| name_entry(name.len() as u64)))]
pub async fn insert(name: &str) -> Result<String, Box<dyn std::error::Error>> {
    Ok(name.parse()?)
}

pub struct Path<T>(pub T);

#[cache_put(entry = name_entry(*id), on = "ok")]
pub async fn of_a_pattern(Path(id): Path<u64>) -> Result<String, u8> {
    Ok(id.to_string())
}

#[cached(ttl = "5m")]
pub async fn shared<K: CacheKey>(key: &K) -> Arc<String> {
    let _ = key;
    Arc::default()
}

#[cache_put(entry = shared_entry(key))]
pub async fn generic<K: CacheKey>(key: &K) -> Arc<String> {
    let _ = key;
    Arc::default()
}

pub struct Table<T>(pub T);

impl<T> Table<T>
where
    T: CacheKey + Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    #[cached(ttl = "5m", skip(self))]
    pub async fn row(&self, id: u64) -> T {
        let _ = id;
        self.0.clone()
    }

    #[cache_invalidate(tags = ["rows"])]
    #[cache_put(entry = Self::row_entry(id))]
    pub async fn write(&self, id: u64) -> T {
        let _ = id;
        self.0.clone()
    }

    #[cache_put(entry = Self::row_entry(id))]
    #[cache_invalidate(tags = ["rows"], before)]
    pub async fn write_shared(self: Arc<Self>, id: u64) -> T {
        let _ = id;
        self.0.clone()
    }
}

#[async_trait::async_trait]
pub trait Write {
    async fn write(&self, id: u64) -> String;
}

#[async_trait::async_trait]
impl Write for str {
    #[cache_put(entry = |name| name_entry(name.len() as u64))]
    async fn write(&self, id: u64) -> String {
        let _ = id;
        self.to_owned()
    }
}

/// What is spawned must be `Send`.
pub fn spawned() {
    drop(tokio::spawn(rename(1, String::new())));
    drop(tokio::spawn(of_a_pattern(Path(1))));
}
