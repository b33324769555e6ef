//! Puts, batches, tests of hits and tags of types, where no prelude is in scope.
#![no_implicit_prelude]

use ::cache_runtime::{CacheKey, CacheTag, cache_invalidate, cache_put, cached};
use ::std::clone::Clone;
use ::std::collections::BTreeMap;
use ::std::fmt::Debug;
use ::std::iter::{IntoIterator, Iterator};
use ::std::option::Option;
use ::std::result::Result;
use ::std::string::String;

#[derive(Debug, CacheTag)]
pub enum Shown<'a> {
    Page(u64),
    Named { name: &'a str },
    Everything,
}

#[derive(Clone, CacheKey)]
pub struct Of<T>(pub T);

#[cached(ttl = "5m", tags = [Shown::Page(*id), Shown::Everything], none_ttl = "1s", valid_if = |_| true)]
pub async fn find(id: &u64) -> Option<String> {
    let _ = id;
    Option::None
}

#[cached(ttl = "5m", batch(id in ids), tags = ["page:{id}"], fresh = reload, skip(reload))]
pub async fn many(ids: &[u64], reload: bool) -> Result<BTreeMap<u64, u64>, String> {
    let _ = reload;
    Result::Ok(ids.into_iter().map(|id| (*id, *id)).collect())
}

#[cached(ttl = "5m", ttl_from = |id| *id, cache_if = |id| *id > 0, error_ttl = "1s", early = 1.0)]
pub async fn lasting(of: Of<u64>) -> Result<u64, String> {
    Result::Ok(of.0)
}

#[cache_put(entry = find_entry(id))]
#[cache_invalidate(tags = [Shown::Page(*id), Shown::Named { name: "all" }], entries = [lasting_entry(Of(*id))])]
pub async fn write(id: &u64) -> Option<String> {
    let _ = id;
    Option::None
}

#[cache_put(entry = |id| lasting_entry(Of(*id)))]
pub async fn insert() -> Result<u64, String> {
    Result::Ok(7)
}
