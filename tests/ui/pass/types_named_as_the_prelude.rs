//! Types, traits and fns of the program's own that are named as those of the prelude.

use cache_runtime::{CacheKey, CacheTag, cache_invalidate, cache_put, cached};

pub struct Option;
pub struct Vec;
pub struct Box;
pub struct Some;
pub struct None;
pub struct Ok;
pub struct Err;
pub struct Iterator;
pub struct Future;
pub struct Pin;
pub struct PhantomData;
pub struct Cache;
pub struct Entry;
pub struct Tag;
pub struct Policy;
pub struct KeyWriter;
pub trait Send {}
pub trait Sync {}
pub trait Copy {}
pub trait Sized {}
pub trait Into {}
pub trait From {}
pub trait Fn {}
pub trait Default {}
pub trait ToString {}

pub fn drop() {}
pub fn usize() {}

#[derive(CacheKey)]
pub struct String {
    pub text: &'static str,
    #[cache_key(rename = "other")]
    pub number: u64,
}

#[derive(CacheKey)]
pub enum Choice {
    None,
    Some(u64),
}

#[derive(Debug, CacheTag)]
pub struct ChoiceTag(pub u64);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Result<T> {
    pub found: T,
}

#[cached(ttl = "5m", fallible = false, tags = [ChoiceTag(7), "text:{text.text}"])]
pub async fn find(text: &String, choice: Choice) -> Result<u64> {
    let number = match choice {
        Choice::None => text.number,
        Choice::Some(number) => number,
    };
    Result { found: number }
}

#[cached(ttl = "5m", stale = "1m", refresh = "background", cache_if = |id| *id > 0, early = 1.0)]
pub async fn refreshed(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", valid_if = |found| found == wanted, fresh = reload, skip(wanted, reload))]
pub async fn served(id: u64, wanted: &u64, reload: bool) -> u64 {
    let _ = reload;
    id + wanted
}

#[cached(ttl = "5m", batch(id in ids), none_ttl = "1s")]
pub async fn many(ids: &[u64]) -> std::collections::BTreeMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

#[cache_put(entry = refreshed_entry(id))]
#[cache_invalidate(tags = ["all"], namespaces = ["all"], before)]
pub async fn write(id: u64) -> u64 {
    id
}
