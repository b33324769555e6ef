//! Type and const parameters, `where` clauses, skipped parameters, an `impl Trait` argument.

use cache_runtime::{CacheError, CacheKey, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub trait Source<T> {
    fn read(&self) -> T;
}

pub struct Fixed;

impl Source<u32> for Fixed {
    fn read(&self) -> u32 {
        7
    }
}

#[cached(ttl = "5m", skip(source, S))]
pub async fn read<T, S, const N: usize>(source: &S, part: [T; N]) -> Option<T>
where
    T: CacheKey + Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    S: Source<T> + Sync,
{
    part.first().cloned().or_else(|| Some(source.read()))
}

#[cached(ttl = "5m")]
pub async fn shown(value: impl CacheKey + std::fmt::Display) -> String {
    value.to_string()
}

#[cached(ttl = "5m")]
pub async fn parsed<
    T: std::str::FromStr + Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
>(
    text: String,
) -> Vec<T> {
    vec![text.parse().unwrap_or_default()]
}

pub async fn use_them() -> Result<(), CacheError> {
    read(&Fixed, [1_u32]).await;
    read_entry([1_u32]).invalidate().await?;
    shown_entry(3).invalidate().await?;
    parsed_entry::<u8>("1".to_owned()).invalidate().await
}
