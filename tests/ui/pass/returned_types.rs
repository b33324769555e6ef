//! Values of many types: shared, boxed, borrowed for ever, nested, none at all.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{CacheError, cached};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub struct Tree {
    pub children: Vec<Tree>,
}

#[cached(ttl = "5m")]
pub async fn slice(id: u32) -> Arc<[u32]> {
    [id; 3].into()
}

#[cached(ttl = "5m")]
pub async fn text(id: u32) -> Arc<str> {
    id.to_string().into()
}

#[cached(ttl = "5m")]
pub async fn boxed(id: u32) -> Result<Box<str>, Box<str>> {
    Ok(id.to_string().into())
}

#[cached(ttl = "5m")]
pub async fn cow(id: u32) -> Cow<'static, str> {
    if id > 0 {
        Cow::Borrowed("some")
    } else {
        Cow::Owned(id.to_string())
    }
}

#[cached(ttl = "5m")]
pub async fn unit(id: u32) -> () {
    drop(id.to_string());
}

#[cached(ttl = "5m")]
pub async fn tuple(id: u32) -> (u32, (String, [u8; 4]), Option<()>) {
    (id, (id.to_string(), id.to_be_bytes()), None)
}

#[cached(ttl = "5m", none_ttl = "1s")]
pub async fn nested(id: u32) -> Option<Option<Option<u32>>> {
    Some(Some((id > 0).then_some(id)))
}

#[cached(ttl = "5m")]
pub async fn maps(id: u32) -> HashMap<String, BTreeMap<u32, HashSet<char>>> {
    [(id.to_string(), BTreeMap::new())].into()
}

#[cached(ttl = "5m")]
pub async fn tree(depth: u32) -> Arc<Tree> {
    let _ = depth;
    Arc::new(Tree {
        children: Vec::new(),
    })
}

#[cached(ttl = "5m")]
pub async fn within(id: u32) -> Option<Result<Duration, String>> {
    Some(Ok(Duration::from_secs(id.into())))
}

pub async fn put() -> Result<(), CacheError> {
    slice_entry(1).put(Arc::new([1])).await?;
    text_entry(1).put("text".into()).await?;
    boxed_entry(1).put("text".into()).await?;
    cow_entry(1).put("text".into()).await?;
    unit_entry(1).put(()).await?;
    nested_entry(1).put(Some(None)).await
}
