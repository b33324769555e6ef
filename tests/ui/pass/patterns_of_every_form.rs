//! Arguments that are patterns of the rarer forms: references, slices, alternatives, bindings to a whole, macros.

use cache_runtime::{CacheError, cached};

macro_rules! first {
    ($name:ident) => {
        ($name, _)
    };
}

macro_rules! id {
    () => {
        u32
    };
}

#[cached(ttl = "5m")]
pub async fn references(ref name: String, &id: &u32, &(a, ref b): &(u32, String)) -> usize {
    name.len() + b.len() + (id + a) as usize
}

#[cached(ttl = "5m")]
pub async fn slices([a, .., b]: [u32; 4], [mut c]: [u32; 1]) -> u32 {
    c += a;
    c + b
}

#[cached(ttl = "5m", key = id)]
pub async fn alternatives((Ok(id) | Err(id)): Result<u32, u32>) -> u32 {
    id
}

#[cached(ttl = "5m", tags = ["first:{first}"])]
pub async fn wholes(whole @ (first, _): (u32, u32)) -> u32 {
    whole.1 + first
}

#[cached(ttl = "5m")]
pub async fn of_macros(first!(name): (u32, u32), id: id!()) -> id!() {
    name + id
}

pub async fn clear() -> Result<(), CacheError> {
    references_entry(String::new(), &1, &(1, String::new()))
        .invalidate()
        .await?;
    slices_entry([1, 2, 3, 4], [5]).invalidate().await?;
    alternatives_entry(Ok(1)).invalidate().await?;
    wholes_entry((1, 2)).invalidate().await?;
    of_macros_entry((1, 2), 3).invalidate().await
}
