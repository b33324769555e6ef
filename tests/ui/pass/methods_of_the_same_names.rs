//! Traits in scope whose methods, on all types, have the names of those that the macros might call.

use cache_runtime::{CacheKey, CacheTag, cache_invalidate, cache_put, cached};

pub trait Loud {
    fn clone(&self) {}
    fn into(self)
    where
        Self: Sized,
    {
    }
    fn as_ref(&self) {}
    fn borrow(&self) {}
    fn write_key(&self) {}
    fn to_string(&self) {}
    fn is_some(&self) {}
    fn is_none(&self) {}
    fn at(&self) {}
    fn compared(&self) {}
    fn tags(&self) {}
    fn arm(&self) {}
    fn finish(&self) {}
    fn text(&self) {}
    fn part(&self) {}
    fn none_ttl(&self) {}
    fn cache_if(&self) {}
    fn early(&self) {}
    fn stale(&self) {}
    fn compress(&self) {}
    fn poll(&self) {}
    fn into_future(&self) {}
    fn into_iter(&self) {}
    fn iter(&self) {}
    fn map(&self) {}
    fn len(&self) {}
}

impl<T: ?Sized> Loud for T {}

#[derive(Clone, CacheKey)]
pub struct Wanted<T> {
    pub of: T,
    #[cache_key(round = 2)]
    pub share: f64,
}

#[derive(Debug, CacheTag)]
pub struct WantedTag<T>(pub T);

#[cached(
    ttl = "5m",
    tags = [WantedTag(wanted.of), "of:{wanted.of}", name],
    key = "{wanted.of}",
    none_ttl = "1s",
    stale = "1m",
)]
pub async fn find(wanted: &Wanted<u32>, name: &String) -> Result<Option<u32>, String> {
    let _ = name;
    Ok(Some(wanted.of))
}

#[cached(ttl = "5m", stale = "1m", refresh = "background", cache_if = |id| *id > 0, early = 1.0)]
pub async fn refreshed<K: CacheKey + Send + Sync + 'static>(key: K) -> u32 {
    drop(key);
    1
}

#[cached(ttl = "5m", valid_if = |found| found == wanted, fresh = reload, skip(wanted, reload))]
pub async fn served(id: u32, wanted: &u32, reload: bool) -> u32 {
    let _ = reload;
    id + wanted
}

#[cached(ttl = "5m", batch(id in ids), tags = ["id:{id}"])]
pub async fn many(ids: Vec<u32>) -> Vec<Option<u32>> {
    Vec::from_iter(Iterator::map(IntoIterator::into_iter(ids), Some))
}

#[cache_put(entry = refreshed_entry(id))]
#[cache_invalidate(tags = ["of:{id}", WantedTag(id)], before)]
pub async fn write(id: u32) -> u32 {
    id
}
