//! Skipped arguments whose types are hidden: trait objects and fn pointers of every kind.

use std::sync::Arc;

use cache_runtime::{CacheError, cache_invalidate, cached};

pub trait Source {
    fn name(&self) -> String;

    fn id(&self) -> u32;
}

#[cached(ttl = "5m", skip(source))]
pub async fn by_reference(source: &(dyn Source + Send + Sync), id: u32) -> String {
    source.name().repeat(id as usize)
}

#[cached(ttl = "5m", skip(source))]
pub async fn by_change(source: &mut dyn Source, id: u32) -> String {
    source.name().repeat(id as usize)
}

#[cached(ttl = "5m", skip(source), stale = "1m", refresh = "background")]
pub async fn by_arc(source: Arc<dyn Source + Send + Sync>, id: u32) -> String {
    source.name().repeat(id as usize)
}

#[cached(ttl = "5m", skip(calls, pointer))]
pub async fn by_calls(
    calls: Box<dyn FnOnce(u32) -> u32 + Send + '_>,
    pointer: fn(u32) -> u32,
    id: u32,
) -> u32 {
    pointer(calls(id))
}

#[cached(ttl = "5m", key = (source.id(), id), tags = ["source:{id}", source.name()])]
pub async fn in_the_key(source: &dyn Source, id: u32) -> u32 {
    source.id() + id
}

impl dyn Source + '_ {
    #[cached(ttl = "5m", key = (self.id(), id))]
    pub async fn of_an_object(&self, id: u32) -> u32 {
        self.id() + id
    }
}

#[cache_invalidate(tags = [source.name()])]
pub async fn clears(source: &dyn Source) -> u32 {
    source.id()
}

pub async fn clear(source: &dyn Source) -> Result<(), CacheError> {
    by_reference_entry(1).invalidate().await?;
    in_the_key_entry(source, 1).invalidate().await?;
    source.of_an_object_entry(1).invalidate().await
}
