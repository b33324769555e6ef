//! What the macros write stands where `unused` is forbidden and no prelude is in scope.
#![forbid(unused)]
#![no_implicit_prelude]

use ::cache_runtime::{CacheKey, cache_invalidate, cached};
use ::std::clone::Clone;
use ::std::result::Result;
use ::std::string::String;

#[derive(Clone, CacheKey)]
pub struct Wanted {
    pub name: String,
    #[cache_key(round = 2)]
    pub share: f64,
}

#[derive(CacheKey)]
pub enum Kind {
    One,
    Two(u8, #[cache_key(skip)] u8),
}

#[cached(ttl = "5m", tags = [org, Clone::clone(&wanted.name)], key = "{wanted.name}", skip(org))]
pub async fn find(org: &str, wanted: &Wanted) -> Result<String, String> {
    let _ = org;
    Result::Ok(Clone::clone(&wanted.name))
}

#[cached(ttl = "5m", tags_from = |value| [Clone::clone(value)], key = kind)]
pub async fn plain(kind: &Kind, (a, _): (u32, u32), mut b: u32) -> String {
    b += a;
    let _ = (kind, b);
    String::new()
}

#[cached(ttl = "5m", stale = "10m", refresh = "background", load_timeout = "2s")]
pub async fn refreshed(id: u64) -> Result<u64, ::cache_runtime::LoadTimeout> {
    Result::Ok(id)
}

#[cache_invalidate(tags = [org, "all:{org}"], namespaces = ["user"], before, on = "ok")]
pub async fn rename(org: &str) -> Result<String, String> {
    Result::Ok(::std::convert::From::from(org))
}

#[test]
fn all_of_it_is_used() {
    let wanted = Wanted {
        name: String::new(),
        share: 0.5,
    };
    ::std::mem::drop(find("", &wanted));
    for kind in [Kind::One, Kind::Two(1, 2)] {
        if let Kind::Two(_, skipped) = kind {
            ::std::assert_eq!(skipped, 2);
        }
        ::std::mem::drop(plain(&kind, (1, 2), 3));
    }
    ::std::mem::drop((refreshed(1), rename("")));
}
