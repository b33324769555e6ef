//! `?` on errors of several types, into boxes and into enums of the program's own.

use std::error::Error;
use std::fmt;
use std::num::ParseIntError;
use std::sync::Arc;

use cache_runtime::{LoadTimeout, cached};

#[derive(Debug)]
pub enum AppError {
    Parse(ParseIntError),
    Io(std::io::Error),
    Slow(LoadTimeout),
    Missing { id: u64 },
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for AppError {}

impl From<ParseIntError> for AppError {
    fn from(error: ParseIntError) -> Self {
        Self::Parse(error)
    }
}

impl From<std::io::Error> for AppError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<LoadTimeout> for AppError {
    fn from(timeout: LoadTimeout) -> Self {
        Self::Slow(timeout)
    }
}

async fn read(path: &str) -> std::io::Result<String> {
    Ok(path.to_owned())
}

#[cached(ttl = "5m", load_timeout = "2s", stale = "1m")]
pub async fn of_an_enum(path: &str) -> Result<u64, AppError> {
    let id = read(path).await?.parse()?;
    if id == 0 {
        return Err(AppError::Missing { id });
    }
    Ok(id)
}

#[cached(ttl = "5m")]
pub async fn of_a_box(path: &str) -> Result<u64, Box<dyn Error + Send + Sync>> {
    if path.is_empty() {
        return Err("no path".into());
    }
    let id = of_an_enum(path).await?;
    let text = std::str::from_utf8(path.as_bytes())?;
    Ok(id + text.parse::<u64>()?)
}

#[cached(ttl = "5m")]
pub async fn of_a_static_box(path: &str) -> Result<u64, Box<dyn Error + Send + Sync + 'static>> {
    Err(format!("no {path}"))?
}

#[cached(ttl = "5m", error_ttl = "1s")]
pub async fn of_a_shared_one(path: &str) -> Result<u64, Arc<dyn Error + Send + Sync>> {
    let id = of_a_box(path)
        .await
        .map_err(Arc::<dyn Error + Send + Sync>::from)?;
    Ok(id)
}

#[cached(ttl = "5m")]
pub async fn of_an_option(path: &str) -> Option<u64> {
    let first = path.chars().next()?;
    first.to_digit(10).map(u64::from)
}

#[cached(ttl = "5m")]
pub async fn of_an_inner_block(path: &str) -> u64 {
    let read: Result<u64, AppError> = async { Ok(read(path).await?.parse()?) }.await;
    read.unwrap_or_default()
}
