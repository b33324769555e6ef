//! A key, a tag and a readable key name what a pattern binds.

use cache_runtime::{CacheError, CacheKey, cache_invalidate, cached};

pub struct Path<T>(pub T);
pub struct State<T>(pub T);

#[derive(Clone)]
pub struct Db;

#[derive(CacheKey)]
pub struct Wanted {
    pub id: u32,
    pub name: String,
}

#[cached(ttl = "5m", key = id, skip(_db), tags = ["user:{id}"])]
pub async fn handler(Path(id): Path<u64>, State(_db): State<Db>) -> u64 {
    id
}

#[cached(ttl = "5m", key = (id, name.len()), tags = [name, format!("{id}")])]
pub async fn both(Wanted { id, mut name }: Wanted, &(a, _): &(u32, u32)) -> String {
    name.push('x');
    format!("{name}{id}{a}")
}

#[cached(ttl = "5m", key = "{x}-{y}")]
pub async fn readable((x, y): (u64, u64)) -> u64 {
    x + y
}

#[cached(ttl = "5m", tags = [tag, "x:{x}"])]
pub async fn unused_by_the_body((tag, x): (&'static str, u64)) -> u64 {
    1
}

#[cache_invalidate(tags = ["user:{id}", name], entries = [handler_entry(Path(*id))])]
pub async fn rename(Path((id, name)): Path<(u64, String)>) -> Result<String, u64> {
    if name.is_empty() { Err(id) } else { Ok(name) }
}

pub async fn use_them() -> Result<(), CacheError> {
    handler_entry(Path(3)).invalidate().await?;
    both_entry(Wanted {
        id: 1,
        name: String::new(),
    })
    .invalidate()
    .await?;
    readable_entry((1, 2)).invalidate().await
}
