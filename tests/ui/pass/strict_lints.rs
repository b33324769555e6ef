//! Every lint that a strict program turns on finds nothing in what the macros write.
#![deny(
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    nonstandard_style,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::pedantic,
    clippy::nursery,
    clippy::cargo
)]
#![forbid(unsafe_code)]

use cache_runtime::{CacheKey, CacheTag, cache_invalidate, cache_put, cached};

#[derive(Clone, Debug, CacheKey)]
struct Wanted<T> {
    of: T,
    #[cache_key(round = 2)]
    share: f64,
}

#[derive(Debug, CacheTag)]
enum Shown {
    User(u64),
    Everything,
}

#[derive(Debug)]
struct Users {
    tenant: u64,
}

#[cached(ttl = "5m", tags = [Shown::User(wanted.of), "all:{wanted.of}"], none_ttl = "1s", stale = "1m")]
async fn find(wanted: &Wanted<u64>) -> Result<Option<u64>, String> {
    tokio::task::yield_now().await;
    Ok(Some(wanted.of))
}

#[cached(ttl = "5m", stale = "1m", refresh = "background", cache_if = |id| *id > 0, early = 1.0)]
async fn refreshed(id: u64) -> u64 {
    tokio::task::yield_now().await;
    id
}

#[cached(ttl = "5m", key = "{id}", valid_if = |found| found == wanted, fresh = reload, skip(wanted, reload))]
async fn served(id: u64, wanted: &u64, reload: bool) -> u64 {
    tokio::task::yield_now().await;
    if reload { id } else { id + wanted }
}

#[cached(ttl = "5m", batch(id in ids), tags = ["id:{id}"])]
async fn many(ids: &[u64]) -> Vec<Option<u64>> {
    tokio::task::yield_now().await;
    ids.iter().copied().map(Some).collect()
}

#[cached(ttl = "1d")]
async fn once(id: u64) {
    tokio::task::yield_now().await;
    drop(id.to_string());
}

impl Users {
    #[cached(ttl = "5m", key = (self.tenant, id))]
    async fn find<'a>(&'a self, id: &'a str) -> String {
        tokio::task::yield_now().await;
        format!("{}{id}", self.tenant)
    }
}

#[cache_put(entry = refreshed_entry(id))]
#[cache_invalidate(tags = [Shown::User(id), Shown::Everything], before)]
async fn write(id: u64) -> u64 {
    tokio::task::yield_now().await;
    id
}

#[cache_invalidate(tags = ["user:{id}"], on = "ok")]
async fn clear(id: u64) -> Result<(), String> {
    tokio::task::yield_now().await;
    drop(id.to_string());
    Ok(())
}

#[test]
fn all_of_it_is_used() {
    let wanted = Wanted { of: 1, share: 0.5 };
    drop((
        find(&wanted),
        refreshed(1),
        served(1, &2, true),
        many(&[1]),
        once(1),
    ));
    drop((Users { tenant: 1 }.find("id"), write(1), clear(1)));
    drop((
        find_entry(&wanted),
        served_entry(1),
        many_entry(&1),
        once_entry(1),
    ));
    drop(Users { tenant: 1 }.find_entry("id"));
}
