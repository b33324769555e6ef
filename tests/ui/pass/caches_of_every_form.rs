//! The cache to use, by every kind of expression.

use std::sync::{Arc, LazyLock};

use cache_runtime::{Cache, CacheError, cache_invalidate, cached};

static CACHE: LazyLock<Cache> = LazyLock::new(Cache::memory);

fn cache_of(id: u64) -> Cache {
    let _ = id;
    Cache::memory()
}

pub struct App {
    pub cache: Cache,
    pub inner: Arc<Inner>,
}

pub struct Inner {
    pub caches: [Cache; 2],
}

impl App {
    fn cache(&self) -> &Cache {
        &self.cache
    }

    #[cached(ttl = "5m", skip(self), cache = self.cache())]
    pub async fn by_method(&self, id: u64) -> u64 {
        id
    }

    #[cached(ttl = "5m", skip(self), cache = self.inner.caches[1])]
    pub async fn by_index(&self, id: u64) -> u64 {
        id
    }

    #[cached(ttl = "5m", skip(self), cache = &self.cache)]
    pub async fn by_reference(self: Arc<Self>, id: u64) -> u64 {
        id
    }

    #[cache_invalidate(tags = ["all"], cache = self.inner.caches[usize::from(id > 7)])]
    pub async fn clear(&mut self, id: u64) -> u64 {
        id
    }
}

#[cached(ttl = "5m", cache = &*CACHE)]
pub async fn by_static(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", cache = *CACHE)]
pub async fn by_place(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", cache = cache_of(id))]
pub async fn by_call(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", cache = cache, skip(cache))]
pub async fn by_argument(cache: &Cache, id: u64) -> u64 {
    let _ = cache;
    id
}

#[cached(ttl = "5m", cache = app.cache, skip(app), stale = "1m", refresh = "background")]
pub async fn by_field(app: Arc<App>, id: u64) -> u64 {
    drop(app);
    id
}

#[cached(ttl = "5m", cache = if id > 7 { &*CACHE } else { cache }, skip(cache))]
pub async fn by_condition(cache: &Cache, id: u64) -> u64 {
    let _ = cache;
    id
}

#[cached(ttl = "5m", cache = { let cache = Cache::memory(); cache })]
pub async fn by_block(id: u64) -> u64 {
    id
}

pub async fn clear(app: Arc<App>, cache: &Cache) -> Result<(), CacheError> {
    app.by_method_entry(1).invalidate().await?;
    by_static_entry(1).invalidate().await?;
    by_call_entry(1).invalidate().await?;
    by_argument_entry(cache, 1).invalidate().await?;
    by_field_entry(app, 1).invalidate().await
}
