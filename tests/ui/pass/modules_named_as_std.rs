//! Modules of the program's own that are named as those the macros use.

use ::cache_runtime::{CacheKey, CacheTag, cache_invalidate, cache_put, cached};

pub mod core {}
pub mod std {}
pub mod alloc {}
pub mod cache_runtime {}
pub mod option {}
pub mod future {}
pub mod __private {}

#[derive(Clone, CacheKey)]
pub struct Wanted {
    pub id: u64,
    #[cache_key(round = 1)]
    pub share: f32,
}

#[derive(Debug, CacheTag)]
pub struct WantedTag(pub u64);

#[cached(ttl = "5m", tags = [WantedTag(wanted.id), "all:{wanted.id}"], tags_from = |text| [text.clone()])]
pub async fn find(wanted: &Wanted) -> Result<String, String> {
    Ok(wanted.id.to_string())
}

#[cached(ttl = "5m", stale = "1m", refresh = "background", key = "{id}")]
pub async fn refreshed(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", batch(id in ids), none_ttl = "1s")]
pub async fn many(ids: &[u64]) -> Vec<Option<u64>> {
    ids.iter().copied().map(Some).collect()
}

#[cache_put(entry = find_entry(wanted))]
#[cache_invalidate(tags = ["all:{wanted.id}"], namespaces = ["all"], on = "ok")]
pub async fn write(wanted: &Wanted) -> Result<String, String> {
    Ok(wanted.id.to_string())
}
