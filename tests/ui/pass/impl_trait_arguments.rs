//! `impl Trait` arguments of several kinds: in the key, skipped, behind references, callable, nested.

use std::fmt::Display;

use cache_runtime::{CacheError, CacheKey, cached};

pub trait Source {
    fn read(&self, id: u32) -> String;
}

#[cached(ttl = "5m", skip(source))]
pub async fn skipped(source: &impl Source, id: u32) -> String {
    source.read(id)
}

#[cached(ttl = "5m", skip(source))]
pub async fn skipped_and_changed(source: &mut (impl Source + ?Sized), id: u32) -> String {
    source.read(id)
}

#[cached(ttl = "5m", skip(read))]
pub async fn called(read: impl Fn(u32) -> String, id: u32) -> String {
    read(id)
}

#[cached(ttl = "5m", skip(read))]
pub async fn awaited(read: impl AsyncFnOnce(u32) -> String, id: u32) -> String {
    read(id).await
}

#[cached(ttl = "5m")]
pub async fn nested(
    ids: Vec<impl CacheKey + Display>,
    last: Option<&(impl CacheKey + Display)>,
) -> String
where
    u32: Display,
{
    let _ = last.map(ToString::to_string);
    ids.iter().map(ToString::to_string).collect()
}

#[cached(ttl = "5m", key = name.as_ref())]
pub async fn named(name: impl AsRef<str>) -> String {
    name.as_ref().to_owned()
}

#[cached(ttl = "5m", skip(ids), key = count)]
pub async fn listed(ids: impl IntoIterator<Item = u32>, count: usize) -> Vec<u32> {
    ids.into_iter().take(count).collect()
}

pub async fn clear() -> Result<(), CacheError> {
    named_entry("name").invalidate().await?;
    listed_entry(7).invalidate().await
}
