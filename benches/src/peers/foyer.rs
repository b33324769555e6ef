//! `foyer`'s store in memory.

use std::convert::Infallible;
use std::sync::Arc;

use crate::gate::Gate;
use crate::user::{User, shared_user};

pub(crate) type Foyer = foyer_memory::Cache<(u64, String), Arc<User>>;

pub(crate) fn memory() -> Foyer {
    foyer_memory::CacheBuilder::new(10_000).build()
}

pub(crate) async fn arc(cache: &Foyer, id: u64, region: &str) -> Arc<User> {
    let load = || async move { Ok::<_, Infallible>(shared_user(id)) };
    let entry = cache.get_or_fetch(&(id, region.to_owned()), load).await;
    Arc::clone(entry.expect("a value").value())
}

/// What a herd asks for.
pub(crate) async fn cold(cache: &Foyer, gate: Arc<Gate>) -> Arc<User> {
    let load = || async move { Ok::<_, Infallible>(gate.load().await) };
    let entry = cache.get_or_fetch(&(1, String::new()), load).await;
    Arc::clone(entry.expect("a value").value())
}
