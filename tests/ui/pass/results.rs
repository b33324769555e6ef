//! Results under other names, errors that can be shared and errors that can't.

use std::cell::Cell;

use cache_runtime::cached;

pub type Outcome<T> = Result<T, String>;
pub type QueryResult<T> = Result<T, Box<dyn std::error::Error>>;

#[cached(ttl = "5m", fallible)]
pub async fn outcome(id: u32) -> Outcome<u32> {
    id.checked_add(1).ok_or_else(|| "too many".to_owned())
}

#[cached(ttl = "5m")]
pub async fn query(id: u32) -> QueryResult<u32> {
    Ok(id.to_string().parse::<u32>()?)
}

#[cached(ttl = "5m", fallible = false)]
pub async fn kept(id: u32) -> Result<u32, String> {
    id.checked_add(1).ok_or_else(|| "too many".to_owned())
}

#[cached(ttl = "5m")]
pub async fn odd(id: u32) -> Result<u32, Cell<u8>> {
    Err(Cell::new(u8::try_from(id).unwrap_or(0)))
}
