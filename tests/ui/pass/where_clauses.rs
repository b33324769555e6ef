//! Bounds of every form: of impl blocks, of `Self`, of any lifetime, of associated types, `?Sized`.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use cache_runtime::{CacheError, CacheKey, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub trait Row: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    type Id: CacheKey + Display + Copy + Send + Sync;

    fn of(id: Self::Id) -> Self;
}

pub struct Repo<R, I = u32>(pub PhantomData<(R, I)>)
where
    R: Row<Id = I>;

impl<R, I> Repo<R, I>
where
    R: Row<Id = I>,
    I: CacheKey + Display + Copy + Send + Sync,
{
    #[cached(ttl = "5m", tags = ["row:{id}"], skip(self))]
    pub async fn row(&self, id: R::Id) -> R
    where
        Self: Sized,
        R: Debug,
    {
        R::of(id)
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn all(&self, ids: &[<R as Row>::Id]) -> Vec<R> {
        ids.iter().map(|id| R::of(*id)).collect()
    }
}

#[cached(ttl = "5m", skip(pick))]
pub async fn picked<F>(text: &str, pick: F) -> String
where
    F: for<'a> Fn(&'a str) -> &'a str,
    for<'a> &'a str: Display,
{
    pick(text).to_owned()
}

#[cached(ttl = "5m")]
pub async fn unsized_argument<K>(key: &K) -> usize
where
    K: CacheKey + Display + ?Sized,
{
    key.to_string().len()
}

impl Row for u32 {
    type Id = Self;

    fn of(id: Self) -> Self {
        id
    }
}

pub async fn clear() -> Result<(), CacheError> {
    Repo::<u32>::row_entry(1).invalidate().await?;
    Repo::<u32>::all_entry(&[1]).invalidate().await?;
    unsized_argument_entry("key").invalidate().await
}
