//! Which calls a hit serves, by what they are given: closures, fns, patterns, receivers, type parameters.

use std::sync::Arc;

use cache_runtime::{CacheKey, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub struct Model {
    pub version: u32,
}

pub struct Options {
    pub no_cache: bool,
    pub least: Arc<u32>,
}

#[cached(
    ttl = "5m",
    valid_if = |value| value.0 == model.version && value.1.len() >= *options.least as usize,
    fresh = options.no_cache,
    skip(model, options),
)]
pub async fn predict(model: &Model, options: &Options, id: u32) -> Result<(u32, String), u8> {
    let _ = options;
    let id = u8::try_from(id).map_err(|_| 1)?;
    Ok((model.version, id.to_string()))
}

fn is_long(value: &String) -> bool {
    value.len() > 1
}

#[cached(ttl = "5m", valid_if = is_long, stale = "1h", load_timeout = "1s")]
pub async fn by_a_fn(id: u32) -> Result<String, cache_runtime::LoadTimeout> {
    Ok(id.to_string())
}

pub struct Version(pub u32);

#[cached(ttl = "5m", valid_if = |value| value == version, fresh = *version > 7, skip(version))]
pub async fn of_a_pattern(Version(version): Version, mut id: u32) -> u32 {
    id += 1;
    id + version
}

#[cached(ttl = "5m", valid_if = |value| value == &format!("{least:?}"), skip(least))]
pub async fn generic<K: CacheKey, L: std::fmt::Debug + Clone>(key: K, least: L) -> String {
    let _ = key;
    format!("{least:?}")
}

#[cached(ttl = "5m", valid_if = |values| values.contains(like))]
pub async fn of_type<T>(like: &T) -> Vec<T>
where
    T: CacheKey + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    vec![like.clone()]
}

impl Model {
    #[cached(ttl = "5m", valid_if = |value| *value == self.version, skip(self))]
    pub async fn count(&self, id: u32) -> u32 {
        id + self.version
    }

    #[cached(ttl = "5m", valid_if = |_| true, fresh = self.version > 1, skip(self))]
    pub async fn shared(self: Arc<Self>, id: u32) -> u32 {
        id + self.version
    }
}

#[async_trait::async_trait]
pub trait Find: Sync {
    async fn find(&self, id: u32, reload: bool) -> u32;
}

#[async_trait::async_trait]
impl Find for Model {
    #[cached(ttl = "5m", valid_if = |value| *value >= self.version, fresh = reload, skip(self, reload))]
    async fn find(&self, id: u32, reload: bool) -> u32 {
        let _ = reload;
        id + self.version
    }
}

/// What is spawned must be `Send`.
pub fn spawned(model: &'static Model, options: &'static Options) {
    drop(tokio::spawn(predict(model, options, 1)));
    drop(tokio::spawn(of_a_pattern(Version(1), 1)));
    drop(tokio::spawn(generic("key", String::new())));
}

#[derive(Clone, PartialEq)]
pub enum Kind {
    Named(String),
    Other,
}

/// A macro that is no list of expressions, a closure that says `move`, a name that is bound as well.
#[cached(ttl = "5m", valid_if = move |value: &String| matches!(&kind, Kind::Named(name) if name == value), skip(kind))]
pub async fn of_a_macro(kind: Kind, id: u32) -> String {
    drop(kind);
    id.to_string()
}

#[cached(ttl = "5m", valid_if = |value| matches!(value, Some(id) if *id > 7), cache_if = |value| matches!(value, Some(id) if *id > 7))]
pub async fn of_a_bound_name(id: u32) -> Option<u32> {
    Some(id)
}
