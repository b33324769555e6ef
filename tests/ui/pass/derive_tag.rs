//! Types whose values are tags.

use std::borrow::Cow;
use std::fmt::Display;

use cache_runtime::{Cache, CacheError, CacheTag, cache_invalidate, cached};

/// All that shows a user.
#[derive(Clone, Debug, CacheTag)]
pub struct UserTag(pub u64);

#[derive(Debug, CacheTag)]
pub struct AllTag;

#[derive(Debug, CacheTag)]
#[cache_tag(rename = "part", crate = cache_runtime)]
pub struct PartTag<'a, T = u64, const N: usize = 1>
where
    T: Clone,
{
    pub name: Cow<'a, str>,
    pub of: T,
    pub r#type: char,
}

impl<T: Clone, const N: usize> PartTag<'_, T, N> {
    pub const SIZE: usize = N;
}

/// A field that is no text is left out by hand.
#[derive(Debug, CacheTag)]
pub enum Any<'a, T: ?Sized> {
    User(u64),
    #[cache_tag(rename = "organization")]
    Org {
        id: u32,
        team: &'a str,
    },
    Like(&'a T),
    Everything,
}

#[cached(ttl = "5m", tags = [UserTag(id), Any::<str>::Everything, "plain:{id}"])]
pub async fn user(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", tags = [tag], tags_from = |id| [UserTag(*id)], skip(tag))]
pub async fn by_argument(tag: UserTag, id: u64) -> u64 {
    drop(tag);
    id
}

#[cache_invalidate(tags = [UserTag(id), AllTag])]
pub async fn rename(id: u64) {
    drop(id.to_string());
}

pub async fn by_hand<T: Display>(cache: &Cache, like: &T) -> Result<(), CacheError> {
    let tag = UserTag(7);
    cache.tag(&tag).invalidate().await?;
    cache.tag(tag).invalidate().await?;
    cache.tag(Any::Like(like)).invalidate().await
}

pub trait Table {
    type Id: Display;
}

/// Its field shows no `T`.
#[derive(Debug, CacheTag)]
pub struct RowTag<T: Table> {
    pub id: T::Id,
}

impl Table for u8 {
    type Id = u64;
}

#[cached(ttl = "5m", tags = [RowTag::<u8> { id }])]
pub async fn row(id: u64) -> u64 {
    id
}
