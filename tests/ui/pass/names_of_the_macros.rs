//! Arguments, constants, structs and parameters with names that what the macros write might use.

use cache_runtime::{Cache, CacheError, CacheKey, cache_invalidate, cache_put, cached};

#[expect(
    non_upper_case_globals,
    reason = "a pattern of such a name would be the constant"
)]
mod constants {
    pub(super) const value: u32 = 1;
    pub(super) const call: u32 = 2;
    pub(super) static load: u32 = 3;
}
use constants::{call, load, value};

#[expect(
    non_camel_case_types,
    reason = "a pattern of such a name would be the struct"
)]
pub struct found;
#[expect(
    non_camel_case_types,
    reason = "a pattern of such a name would be the struct"
)]
pub struct wanted;

pub fn part() {}
pub fn entry() {}
pub fn lookup() {}

#[cached(ttl = "5m", tags = ["key:{key}", "tags:{tags}"], cache = cache, skip(cache))]
pub async fn arguments(
    cache: &Cache,
    key: u32,
    tags: &str,
    entry: u32,
    policy: u32,
    site: u32,
    result: u32,
) -> u32 {
    let (body, this, output, writer) = (key, entry, policy, site);
    let _ = (cache, tags);
    body + this + output + writer + result
}

#[cached(ttl = "5m", cache_if = |kept| *kept > value)]
pub async fn of_constants(id: u32) -> u32 {
    id + value + call + load
}

#[cached(ttl = "5m")]
pub async fn parameters<F, T, K, V, E, R, Fut, Key, Value>(
    f: F,
    t: T,
    k: K,
    v: V,
    e: E,
    r: R,
    fut: Fut,
    key: Key,
    one: Value,
) -> u32
where
    F: CacheKey,
    T: CacheKey,
    K: CacheKey,
    V: CacheKey,
    E: CacheKey,
    R: CacheKey,
    Fut: CacheKey,
    Key: CacheKey,
    Value: CacheKey,
{
    drop((f, t, k, v, e, r, fut, key, one));
    1
}

#[cached(ttl = "5m")]
pub async fn lifetimes<'a, 'b, 'cache, 'key, 'life0, 'async_fn>(
    a: &'a str,
    b: &'b str,
    c: &'cache str,
    d: &'key str,
    e: &'life0 str,
    f: &'async_fn str,
) -> usize {
    a.len() + b.len() + c.len() + d.len() + e.len() + f.len()
}

#[cached(ttl = "5m", batch(id in ids), tags = ["id:{id}"])]
pub async fn many(ids: &[u32], missing: u32, batch: u32, all: u32) -> Vec<Option<u32>> {
    ids.iter()
        .map(|id| Some(id + missing + batch + all))
        .collect()
}

#[cache_put(entry = of_constants_entry(owed))]
#[cache_invalidate(tags = ["owed:{owed}"])]
pub async fn write(owed: u32, ok: u32, invalidation: u32) -> u32 {
    owed + ok + invalidation
}

pub async fn clear(cache: &Cache) -> Result<(), CacheError> {
    arguments_entry(cache, 1, "tags", 2, 3, 4, 5)
        .invalidate()
        .await?;
    many_entry(&1, 2, 3, 4).invalidate().await?;
    of_constants_entry(1).invalidate().await
}
