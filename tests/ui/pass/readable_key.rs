//! A key that a person can read, with fields, formats and escapes.

use cache_runtime::{CacheError, CacheKey, cached};

#[derive(CacheKey)]
pub struct User {
    pub id: u32,
    pub org: String,
}

#[cached(ttl = "5m", key = "{user.org}-{user.id:04}{{}}")]
pub async fn rights(user: &User, verbose: bool) -> Vec<String> {
    vec![user.org.clone(), verbose.to_string()]
}

#[cached(ttl = "5m", key = "settings")]
pub async fn settings() -> u32 {
    1
}

#[cached(ttl = "5m", key = user.id)]
pub async fn by_expression(user: User) -> u32 {
    user.id
}

pub async fn clear(user: User) -> Result<(), CacheError> {
    rights_entry(&user).invalidate().await?;
    settings_entry().invalidate().await?;
    by_expression_entry(user).invalidate().await
}
