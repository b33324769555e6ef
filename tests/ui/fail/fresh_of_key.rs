//! What says whether to reload, and is in the key.

use cache_runtime::{CacheKey, cached};

#[derive(CacheKey)]
struct Options {
    no_cache: bool,
}

#[cached(ttl = "5m", fresh = !use_cache)]
async fn user(id: u64, use_cache: bool) -> u64 {
    let _ = use_cache;
    id
}

#[cached(ttl = "5m", fresh = options.no_cache)]
async fn with_options(id: u64, options: &Options) -> u64 {
    let _ = options;
    id
}

#[cached(ttl = "5m", key = (id, reload), fresh = reload)]
async fn by_key(id: u64, reload: bool) -> u64 {
    let _ = reload;
    id
}

fn main() {}
