//! A plain fn that returns a boxed future.

use std::future::Future;
use std::pin::Pin;

use cache_runtime::{CacheError, cached};

#[cached(ttl = "5m")]
pub fn length<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { text.len() })
}

#[cached(ttl = "5m")]
pub fn by_arms(id: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    if id == 0 {
        return Box::pin(async { 0 });
    }
    match id {
        1 => Box::pin(async move { id }),
        _ => Box::pin(std::future::ready(2_u32)),
    }
}

// A recursive fn that refreshes in a task: its own future's type can't be asked whether it is `Send`.
#[cached(ttl = "5m", stale = "10m", refresh = "background")]
pub fn sum(id: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move { if id == 0 { 0 } else { id + sum(id - 1).await } })
}

pub async fn clear() -> Result<(), CacheError> {
    length_entry("text").invalidate().await
}
