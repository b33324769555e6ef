//! A plain fn that returns a boxed future.

use std::future::Future;
use std::pin::Pin;

use cache_runtime::{CacheError, cached};

#[cached(ttl = "5m")]
pub fn length<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { text.len() })
}

pub async fn clear() -> Result<(), CacheError> {
    length_entry("text").invalidate().await
}

fn main() {}
