//! Bodies that end in every way: early returns, `?` in blocks and closures, loops, nothing, what is taken apart.

use std::sync::Mutex;

use cache_runtime::{cache_invalidate, cached};

#[cached(ttl = "5m")]
pub async fn of_macros(id: u32) -> Vec<u32> {
    vec![id; 3]
}

#[cached(ttl = "5m")]
pub async fn of_nothing(_id: u32) {}

#[cached(ttl = "5m")]
pub async fn guarded(id: u32) -> u32 {
    let lock = Mutex::new(id);
    let held = *lock
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    tokio::task::yield_now().await;
    held
}

#[cached(ttl = "5m")]
pub async fn coerced(id: u32) -> Box<[u32]> {
    if id > 7 {
        return Box::new([id]);
    }
    Box::new([])
}

#[cached(ttl = "5m")]
pub async fn inferred(text: &str) -> Result<Vec<u8>, std::num::ParseIntError> {
    text.split(',').map(str::parse).collect()
}

#[cached(ttl = "5m")]
pub async fn shadowing(id: u32) -> u32 {
    let id = id + 1;
    let id = async { id }.await;
    id
}

#[cached(ttl = "5m")]
pub async fn taken(mut ids: Vec<u32>, name: String, (mut a, b): (String, String)) -> String {
    ids.clear();
    a.push_str(&b);
    drop(ids);
    name + &a
}

#[cache_invalidate(tags = ["all"])]
pub async fn returned<'a>(ids: &'a mut Vec<u32>, id: u32) -> Option<&'a mut u32> {
    ids.push(id);
    let last = ids.last_mut()?;
    *last += 1;
    Some(last)
}
