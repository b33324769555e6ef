//! Many ids at once, in generic impl blocks, in traits, inside fns, by macros, with pairs as ids.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use cache_runtime::{CacheError, CacheKey, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub struct Repo<V>(pub V);

impl<V> Repo<V>
where
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    #[cached(ttl = "5m", batch(id in ids), key = (std::any::type_name::<V>(), id), skip(self))]
    pub async fn find<K>(&self, ids: &[K]) -> HashMap<K, V>
    where
        K: CacheKey + Clone + Eq + Hash,
    {
        ids.iter().map(|id| (id.clone(), self.0.clone())).collect()
    }

    #[cached(ttl = "5m", batch = ids, skip(self))]
    pub async fn shared(&self, ids: &[(u32, u32)]) -> Result<BTreeMap<(u32, u32), V>, String> {
        Ok(ids.iter().map(|id| (*id, self.0.clone())).collect())
    }
}

pub trait Find {
    async fn find(&self, ids: &[u64]) -> Vec<Option<String>>;
}

impl Find for Repo<String> {
    #[cached(ttl = "5m", batch(id in ids), tags = ["id:{id}"], skip(self), entry = false)]
    async fn find(&self, ids: &[u64]) -> Vec<Option<String>> {
        ids.iter().map(|_| Some(self.0.clone())).collect()
    }
}

pub async fn outer(ids: Vec<u64>) -> Vec<Option<u64>> {
    #[cached(ttl = "5m", batch(id in ids), tags = ["id:{id}"])]
    async fn inner(ids: Vec<u64>) -> Vec<Option<u64>> {
        ids.into_iter().map(Some).collect()
    }

    let _: Result<(), CacheError> = inner_entry(&7).invalidate().await;
    inner(ids).await
}

macro_rules! batches {
    ($($name:ident $id:ident: $ty:ty),*) => {
        $(
            #[cached(ttl = "5m", batch($id in ids), tags = ["all"], key = $id)]
            pub async fn $name(ids: &[$ty]) -> Result<Vec<Option<usize>>, String> {
                Ok(ids.iter().map(|_| None).collect())
            }
        )*
    };
}

batches!(by_number id: u64, by_name name: String);

#[cached(ttl = "5m", batch(id in ids), stale = "1m", error_ttl = "1s", lease = "process", wait = "1s")]
pub async fn with_settings(
    ids: &[&'static str],
    r#type: u8,
) -> Result<HashMap<&'static str, u8>, String> {
    Ok(ids.iter().map(|id| (*id, r#type)).collect())
}

pub async fn clear() -> Result<(), CacheError> {
    Repo::<u8>::find_entry(&7).invalidate().await?;
    by_number_entry(&7).invalidate().await?;
    by_name_entry(&String::new()).invalidate().await?;
    with_settings_entry(&"id", 1).invalidate().await
}
