//! Many ids at once: slices and lists, maps and lists of values, methods, patterns, generics, errors of any kind.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::Arc;

use cache_runtime::{Cache, CacheKey, LoadTimeout, Policy, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Clone)]
pub struct Db;

#[derive(Clone, Serialize, serde::Deserialize)]
pub struct User {
    pub id: u64,
    pub tenant: String,
}

#[cached(ns = "batch-user", ttl = "5m", batch(id in ids), tags = ["user:{id}", "all"], skip(db))]
pub async fn users(db: &Db, ids: &[u64]) -> Result<HashMap<u64, User>, String> {
    let _ = db;
    let user = |id: &u64| {
        (
            *id,
            User {
                id: *id,
                tenant: String::new(),
            },
        )
    };
    if ids.len() > 1_000 {
        return Err("too many".to_owned());
    }
    Ok(ids.iter().map(user).collect())
}

#[cached(ns = "batch-one", ttl = "5m", skip(db))]
pub async fn user(db: &Db, id: u64) -> Result<Option<User>, String> {
    let _ = db;
    Ok(Some(User {
        id,
        tenant: String::new(),
    }))
}

#[cached(batch(id in ids), batch_of = user_entry(*id))]
pub async fn users_of_one(db: Db, mut ids: Vec<u64>) -> Result<BTreeMap<u64, User>, String> {
    ids.sort_unstable();
    let found = users(&db, &ids).await?;
    Ok(found.into_iter().collect())
}

/// The ids need no name where nothing speaks of one.
#[cached(ttl = "5m", batch = names)]
pub async fn lengths(names: &[&str]) -> Vec<Option<usize>> {
    names.iter().map(|name| Some(name.len())).collect()
}

#[derive(Clone)]
pub struct State<T>(pub T);

#[cached(
    ttl = "5m",
    batch(name in names),
    key = (tenant, name),
    tags = ["tenant:{tenant}"],
    skip(db),
    none_ttl = "5s",
    cache_if = |user: &User| !user.tenant.is_empty(),
    tags_from = |user| [format!("of:{}", user.tenant)],
    fresh = reload,
)]
pub async fn named(
    State(db): State<Arc<Db>>,
    tenant: &str,
    reload: bool,
    names: Vec<String>,
) -> Result<HashMap<String, User>, Box<dyn Error>> {
    let _ = (db, reload);
    let user = |name: String| {
        let id = name.parse()?;
        Ok((
            name,
            User {
                id,
                tenant: tenant.to_owned(),
            },
        ))
    };
    names.into_iter().map(user).collect()
}

#[cached(ttl = "5m", batch(key in keys), key = "{key}", skip(values))]
pub async fn generic<K, V>(keys: &[K], values: &mut Vec<V>) -> HashMap<K, V>
where
    K: CacheKey + Clone + Eq + std::hash::Hash + std::fmt::Display,
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    keys.iter().cloned().zip(values.drain(..)).collect()
}

const HOT: Policy = Policy::new(std::time::Duration::from_secs(60));

pub struct Repository {
    cache: Cache,
}

impl Repository {
    #[cached(policy = HOT, batch(id in ids), key = id, skip(self), cache = self.cache, load_timeout = "1s", error_ttl = "1s")]
    pub async fn all<'a>(&self, ids: &'a [u32]) -> Result<HashMap<u32, String>, LoadTimeout> {
        let one = async |id: &u32| (*id, id.to_string());
        let mut all = HashMap::new();
        for id in ids {
            all.extend([one(id).await]);
        }
        Ok(all)
    }
}

impl Repository {
    #[cached(ttl = "5m", batch = ids, skip(self), entry = shared_one)]
    pub async fn shared(self: &Arc<Self>, ids: &[u32]) -> HashMap<u32, u32> {
        ids.iter().map(|id| (*id, *id)).collect()
    }
}

type Found<T> = Result<HashMap<u64, T>, String>;

#[cached(ttl = "5m", batch = ids, fallible, entry = found_one)]
pub async fn aliased(ids: &[u64]) -> Found<u64> {
    Ok(ids.iter().map(|id| (*id, *id)).collect())
}

/// What is spawned must be `Send`.
pub fn spawned(db: &'static Db, repository: &'static Repository) {
    drop(tokio::spawn(users(db, &[1, 2])));
    drop(tokio::spawn(users_of_one(Db, vec![1])));
    drop(tokio::spawn(repository.all(&[1])));
}

pub async fn entries(repository: &Repository) {
    let _ = users_entry(&1).invalidate().await;
    let _: Option<Option<User>> = users_entry(&1).get().await;
    let _ = repository.all_entry(&7).put(Some(String::new())).await;
    let _ = found_one(&3).expire().await;
    let _ = named_entry("tenant", &"name".to_owned()).invalidate().await;
    let _ = lengths_entry(&"name").invalidate().await;
}

/// What borrows from the ids is the key alone; a name may be raw, and an argument unused.
#[cached(ttl = "5m", batch(r#type in types), key = (tenant, r#type), tags = ["type:{r#type}"], skip(_db), tiers = [memory])]
pub async fn raw<'a>(_db: Arc<Db>, tenant: u32, types: &[&'a str]) -> HashMap<&'a str, u32> {
    types.iter().map(|one| (*one, tenant)).collect()
}
