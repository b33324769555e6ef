//! A program's trait on types that are not its own: references, slices, tuples, fn pointers, itself boxed.

use cache_runtime::cached;

pub trait Count {
    async fn count(&self, id: u32) -> usize;
}

impl Count for u32 {
    #[cached(ttl = "5m", key = (self, id), entry = false)]
    async fn count(&self, id: u32) -> usize {
        (*self + id) as usize
    }
}

impl<T: cache_runtime::CacheKey> Count for [T] {
    #[cached(ttl = "5m", key = (self, id), entry = false)]
    async fn count(&self, id: u32) -> usize {
        self.len() + id as usize
    }
}

impl<T: Count + ?Sized> Count for &T {
    #[cached(ttl = "5m", skip(self), entry = false)]
    async fn count(&self, id: u32) -> usize {
        (**self).count(id).await
    }
}

impl<T: Count + ?Sized> Count for Box<T> {
    #[cached(ttl = "5m", skip(self), entry = false)]
    async fn count(&self, id: u32) -> usize {
        (**self).count(id).await
    }
}

impl<A: Count, B: Count> Count for (A, B) {
    #[cached(ttl = "5m", skip(self), entry = false)]
    async fn count(&self, id: u32) -> usize {
        self.0.count(id).await + self.1.count(id).await
    }
}

impl<A> Count for fn(A) -> u32 {
    #[cached(ttl = "5m", skip(self), entry = false)]
    async fn count(&self, id: u32) -> usize {
        id as usize
    }
}

impl Count for () {
    #[cached(ttl = "5m", key = self, entry = false)]
    async fn count(&self, _id: u32) -> usize {
        0
    }
}
