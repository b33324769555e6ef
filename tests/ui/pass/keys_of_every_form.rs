//! Keys in every form: fields, calls, tuples, references, blocks, constants, templates, types of other crates.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

use cache_runtime::{CacheError, CacheKey, Serialized, cached};

pub const ALL: u64 = 0;

#[derive(Clone, Debug, CacheKey)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub pair: (u32, u32),
}

#[cached(ttl = "5m", key = (user.id, &user.name, user.pair.1))]
pub async fn fields(user: &User) -> u64 {
    user.id
}

#[cached(ttl = "5m", key = user.name.to_lowercase())]
pub async fn call(user: &User) -> u64 {
    user.id
}

#[cached(ttl = "5m", key = if user.id > 7 { user.id } else { ALL })]
pub async fn condition(user: User) -> u64 {
    user.id
}

#[cached(ttl = "5m", key = { let id = user.id; (id, id + 1) })]
pub async fn block(user: User) -> u64 {
    user.id
}

#[cached(ttl = "5m", key = match user { Some(User { id, .. }) => Some(id), None => None })]
pub async fn arms(user: Option<User>) -> u64 {
    user.map_or(0, |user| user.id)
}

#[cached(ttl = "5m", key = [user.pair.0, user.pair.1])]
pub async fn array(user: User) -> u64 {
    user.id
}

#[cached(ttl = "5m", key = (ids[0], &ids[1..], ids.iter().max(), ids.len() as u64))]
pub async fn parts(ids: &[u64]) -> u64 {
    ids[0]
}

#[cached(ttl = "5m", key = "{user.id:04}-{user.name:*<8}-{all}")]
pub async fn template(user: &User, all: u64) -> u64 {
    user.id + all
}

#[cached(ttl = "5m", key = (ALL, std::any::type_name::<User>(), ((id,), ())))]
pub async fn nested(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", key = Serialized(map))]
pub async fn serialized(map: &BTreeMap<String, f64>) -> usize {
    map.len()
}

#[cached(ttl = "5m")]
pub async fn types(
    path: &Path,
    number: NonZeroU32,
    letter: char,
    flag: bool,
    list: &[Option<(u8, i128)>],
    map: BTreeMap<String, Vec<u8>>,
    text: Option<&str>,
    boxed: Box<[String]>,
) -> usize {
    let _ = (path, number, letter, flag, list, text, boxed);
    map.len()
}

pub async fn clear(user: &User) -> Result<(), CacheError> {
    fields_entry(user).invalidate().await?;
    call_entry(user).invalidate().await?;
    condition_entry(user.clone()).invalidate().await?;
    template_entry(user, 1).invalidate().await?;
    serialized_entry(&BTreeMap::new()).invalidate().await
}
