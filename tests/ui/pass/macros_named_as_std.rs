//! Macros of the program's own that are named as those of std.
#![expect(unused_macros, reason = "nothing that the macros write calls them")]

use cache_runtime::{CacheKey, CacheTag, cache_invalidate, cached};

macro_rules! none_of_it {
    ($d:tt $($name:ident)*) => {
        $(
            macro_rules! $name {
                ($d($d any:tt)*) => {
                    no_such_name
                };
            }
        )*
    };
}

none_of_it!($ format format_args concat stringify module_path file line column vec matches panic assert assert_eq
    write unreachable pin debug_assert env include_str);

#[derive(CacheKey)]
pub struct Wanted {
    pub name: &'static str,
    #[cache_key(round = 1)]
    pub share: f32,
}

#[derive(Debug, CacheTag)]
pub struct WantedTag(pub u64);

#[cached(ttl = "5m", tags = ["name:{wanted.name}", WantedTag(7)], key = "{wanted.name}", load_timeout = "1s")]
pub async fn find(wanted: &Wanted) -> Result<u64, cache_runtime::LoadTimeout> {
    Ok(wanted.name.len() as u64)
}

#[cached(ttl = "5m", batch(id in ids), tags = ["id:{id}"])]
pub async fn many(ids: &[u64]) -> Vec<Option<u64>> {
    ids.iter().copied().map(Some).collect()
}

#[cache_invalidate(tags = ["name:{name}"], before)]
pub async fn write(name: &str) -> usize {
    name.len()
}
