//! The derives, and puts and batches, where the runtime has another name.

mod deep {
    pub(super) extern crate cache_runtime as runtime;
}

use deep::runtime as store;

#[derive(store::CacheKey)]
#[cache_key(crate = store)]
pub struct Wanted<T> {
    pub of: T,
    #[cache_key(round = 2)]
    pub share: f64,
}

#[derive(Debug, store::CacheTag)]
#[cache_tag(crate = crate::pass::derives_renamed::deep::runtime)]
pub struct WantedTag<T>(pub T);

#[store::cached(ttl = "5m", crate = store, tags = [WantedTag(wanted.of)], none_ttl = "1s", entry = found)]
pub async fn find(wanted: &Wanted<u32>) -> Option<u32> {
    Some(wanted.of)
}

#[store::cached(ttl = "5m", batch(id in ids), tags = ["id:{id}"], crate = self::store)]
pub async fn many(ids: &[u32]) -> Vec<Option<u32>> {
    ids.iter().copied().map(Some).collect()
}

#[store::cache_put(entry = found(wanted), crate = store)]
pub async fn write(wanted: &Wanted<u32>) -> Option<u32> {
    Some(wanted.of)
}
