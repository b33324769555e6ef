//! What lists a function is made of code that is not safe, which is not the program's.
#![forbid(unsafe_code)]
#![deny(warnings)]

use cache_runtime::{CacheKey, cache_invalidate, cache_put, cached};

#[cached(ttl = "5m", tags = ["user:{id}"])]
pub async fn free(id: u64) -> u64 {
    fn inside() -> u64 {
        #[cached(ttl = "5m")]
        async fn inner(id: u64) -> u64 {
            id
        }
        let _ = inner(1);
        1
    }
    id + inside()
}

pub struct Of<T>(T);

impl<T: CacheKey> Of<T> {
    #[cached(ttl = "5m", key = (self.0, id))]
    pub async fn find(&self, id: u64) -> Option<u64> {
        Some(id)
    }
}

pub trait Find {
    fn get(&self, id: u64) -> impl Future<Output = u64>;
}

impl Find for Of<u8> {
    #[cached(ttl = "5m", key = (self.0, id), entry = false)]
    async fn get(&self, id: u64) -> u64 {
        id
    }
}

#[cached(ttl = "5m", batch = ids)]
pub async fn many(ids: &[u64]) -> Vec<Option<u64>> {
    ids.iter().copied().map(Some).collect()
}

#[cache_put(entry = free_entry(id))]
#[cache_invalidate(tags = ["user:{id}"])]
pub async fn write(id: u64) -> u64 {
    id
}
