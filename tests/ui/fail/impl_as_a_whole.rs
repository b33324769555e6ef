//! The annotations on impls as a whole.

use cache_runtime::{cache_invalidate, cached};

pub struct Of<T>(T);

#[cached(ttl = "5m")]
impl<T> Of<T> {
    pub async fn find(&self, id: u64) -> u64 {
        id
    }
}

#[async_trait::async_trait]
pub trait Find {
    async fn get(&self, id: u64) -> u64;
}

#[cached(ttl = "5m")]
#[async_trait::async_trait]
impl Find for Of<u8> {
    async fn get(&self, id: u64) -> u64 {
        id
    }
}

#[cache_invalidate(namespaces = ["user"])]
impl Of<u8> {
    pub async fn rename(&self) {}
}

fn main() {}
