//! Arguments and fields named by keywords, in tags and in a readable key.

use cache_runtime::{CacheKey, cached};

#[derive(CacheKey)]
pub struct Wanted {
    pub r#type: u32,
}

#[cached(ttl = "5m", tags = ["type:{type}", "raw:{r#type}", "field:{wanted.type}"])]
pub async fn tagged(r#type: u32, wanted: &Wanted) -> u32 {
    r#type + wanted.r#type
}

#[cached(ttl = "5m", key = "{type}-{wanted.type:04}")]
pub async fn readable(r#type: u32, wanted: &Wanted) -> u32 {
    r#type + wanted.r#type
}
