//! Fns that call themselves and one another, through boxes.

use std::pin::Pin;

use cache_runtime::{CacheError, cached};

#[cached(ttl = "5m")]
pub async fn factorial(n: u64) -> u64 {
    if n < 2 {
        1
    } else {
        n * Box::pin(factorial(n - 1)).await
    }
}

#[cached(ttl = "5m")]
pub async fn is_even(n: u64) -> Result<bool, String> {
    if n == 0 {
        Ok(true)
    } else {
        Box::pin(is_odd(n - 1)).await
    }
}

#[cached(ttl = "5m")]
pub async fn is_odd(n: u64) -> Result<bool, String> {
    if n == 0 {
        Ok(false)
    } else {
        Box::pin(is_even(n - 1)).await
    }
}

pub struct Tree(pub Vec<Tree>);

impl Tree {
    #[cached(ttl = "5m", key = (depth, id), skip(self))]
    pub async fn size(&self, depth: usize, id: u64) -> usize {
        let mut size = 1;
        for child in &self.0 {
            size += Box::pin(child.size(depth + 1, id)).await;
        }
        size
    }

    #[cached(ttl = "5m", skip(self))]
    pub fn boxed<'a>(&'a self, id: u64) -> Pin<Box<dyn Future<Output = usize> + 'a>> {
        Box::pin(async move {
            let mut size = 1;
            for child in &self.0 {
                size += child.boxed(id + 1).await;
            }
            size
        })
    }
}

#[cached(ttl = "5m")]
pub async fn renewed(n: u64) -> u64 {
    if n > 7 {
        let _: Result<(), CacheError> = renewed_entry(n - 1).invalidate().await;
    }
    n
}
