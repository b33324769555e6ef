//! How long a value is kept, by the value: closures and paths, on every kind of fn.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cache_runtime::cached;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const SHORT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    pub expires_in: u64,
    pub ends: Option<SystemTime>,
}

impl Token {
    fn is_of_use(&self) -> bool {
        self.expires_in > 0
    }

    fn left(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.expires_in))
    }
}

fn token_of(expires_in: u64) -> Token {
    Token {
        expires_in,
        ends: None,
    }
}

#[cached(ttl = "1h", cache_if = Token::is_of_use, ttl_from = Token::left)]
pub async fn by_path(id: u64) -> Token {
    token_of(id)
}

#[cached(ttl = "1h", cache_if = (|token| token.expires_in > 5), ttl_from = |token| token.ends)]
pub async fn by_closure(id: u64) -> Result<Token, Box<dyn Error + Send + Sync>> {
    Ok(token_of(id))
}

#[cached(ttl = "forever", ttl_from = |token| token.expires_in, stale = "1m")]
pub async fn shared(id: u64) -> Arc<Token> {
    Arc::new(token_of(id))
}

#[cached(ttl = "1h", none_ttl = SHORT)]
pub async fn perhaps(id: u64) -> Option<u64> {
    Some(id)
}

#[cached(ttl = "1h", none_ttl = 0, cache_if = |found| *found != Some(7), refresh = "background", stale = "1m")]
pub async fn perhaps_or_failed(id: u64) -> Result<Option<u64>, String> {
    Ok(Some(id))
}

#[cached(ttl = "1h", none_ttl = "1s", entry = false)]
pub async fn perhaps_shared(id: u64) -> Arc<Option<u64>> {
    Arc::new(Some(id))
}

#[cached(ttl = "1h", none_ttl = "1s", cache_if = Option::is_some, skip(found))]
pub async fn generic<T>(id: u64, found: T) -> Option<T>
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    let _ = id;
    Some(found)
}

pub struct Repo;

pub trait Finds {
    fn find(&self, id: u64) -> impl Future<Output = Option<u64>> + Send;
}

impl Repo {
    const SHORT: u64 = 5;

    #[cached(ttl = "forever", none_ttl = Self::SHORT, skip(self))]
    pub async fn get(&self, id: u64) -> Option<u64> {
        Some(id)
    }
}

impl Finds for Repo {
    #[cached(ttl = "1h", none_ttl = "1s", skip(self), entry = false)]
    async fn find(&self, id: u64) -> Option<u64> {
        Some(id)
    }
}

#[cached(ttl = "1h", error_ttl = SHORT, stale = "1m", load_timeout = "1s")]
pub async fn remembered(id: u64) -> Result<u64, cache_runtime::LoadTimeout> {
    Ok(id)
}

#[cached(ttl = "1h", error_ttl = "2s", refresh = "background", stale = "1m")]
pub async fn in_background(id: u64) -> Result<u64, Arc<std::io::Error>> {
    Ok(id)
}
