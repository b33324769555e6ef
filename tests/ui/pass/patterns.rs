//! Arguments that are patterns, `mut`, raw and unused names.

use cache_runtime::{CacheError, CacheKey, cached};

#[derive(CacheKey)]
pub struct Wrapper(u32);

pub struct State(u32);

#[cached(ttl = "5m", skip(state))]
pub async fn sum(
    State(state): State,
    Wrapper(x): Wrapper,
    (a, mut b): (u32, u32),
    mut c: u32,
    _: u8,
    r#type: u32,
) -> u32 {
    b += x;
    c += b;
    a + c + r#type + state
}

#[cached(ttl = "5m", tags = ["day:{_day}"])]
pub async fn of_day(_day: u32, generation: u32) -> u32 {
    1
}

#[cached(ttl = "5m", key = "{r#type}", tags = ["type:{r#type}"])]
pub async fn of_type(r#type: u32, unnamed: bool) -> u32 {
    r#type + u32::from(unnamed)
}

pub async fn clear() -> Result<(), CacheError> {
    sum_entry(Wrapper(1), (2, 3), 4, 5, 6).invalidate().await?;
    of_day_entry(1, 2).invalidate().await?;
    of_type_entry(1).invalidate().await
}
