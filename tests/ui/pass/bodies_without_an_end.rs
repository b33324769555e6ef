//! Bodies whose end is never reached: loops, returns and panics, with nothing of the macro's behind them.
#![expect(clippy::todo, reason = "it is what is tried")]

use cache_runtime::{cache_invalidate, cache_put, cached};

#[cached(ttl = "5m")]
pub async fn retries(id: u64) -> Result<u64, String> {
    loop {
        match id.checked_sub(1) {
            Some(id) => return Ok(id),
            None => tokio::task::yield_now().await,
        }
    }
}

#[cached(ttl = "5m")]
pub async fn to_come(id: u64) -> Result<String, std::io::Error> {
    let _ = id;
    todo!("when there is a database")
}

#[cached(ttl = "5m")]
pub async fn either(id: u64) -> u64 {
    if id > 7 {
        return 1;
    } else {
        return 2;
    }
}

#[cache_put(entry = either_entry(id))]
pub async fn put(id: u64) -> u64 {
    return id;
}

#[cache_invalidate(entries = [either_entry(id)])]
pub async fn clear(id: u64) -> u64 {
    match id {
        7 => return 1,
        _ => return 2,
    }
}

#[cached(ttl = "5m", entry = named)]
#[allow(non_snake_case)]
pub async fn getUser(userId: u64) -> u64 {
    userId
}
