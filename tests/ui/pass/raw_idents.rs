//! Keywords as names of fns, methods, types, type parameters, modules and companions.

use cache_runtime::{CacheError, CacheKey, CacheTag, cache_put, cached};

pub mod r#mod {
    #[cache_runtime::cached(ttl = "5m")]
    pub async fn r#match(id: u32) -> u32 {
        id
    }
}

#[expect(non_camel_case_types, reason = "keywords are in lower case")]
#[derive(Clone, Debug, CacheKey, CacheTag)]
pub struct r#type {
    pub r#for: u32,
}

#[expect(non_camel_case_types, reason = "keywords are in lower case")]
#[derive(Debug, CacheKey, CacheTag)]
pub enum Kind {
    r#enum(u32),
    r#struct { r#in: u32 },
    r#fn,
}

#[cached(ttl = "5m", tags = [Kind::r#enum(r#in.r#for)], key = (r#in, r#move))]
pub async fn r#loop(r#in: r#type, r#move: &Kind) -> u32 {
    let _ = r#move;
    r#in.r#for
}

#[cached(ttl = "5m", entry = r#yield)]
pub async fn r#async<r#T: CacheKey>(r#dyn: r#T) -> u32 {
    drop(r#dyn);
    1
}

impl r#type {
    #[cached(ttl = "5m", skip(self, r#ref))]
    pub async fn r#await(&self, r#ref: &str, r#use: u32) -> u32 {
        drop(r#ref.to_owned());
        self.r#for + r#use
    }
}

#[cache_put(entry = r#mod::match_entry(r#if))]
pub async fn r#while(r#if: u32) -> u32 {
    r#if
}

pub async fn clear() -> Result<(), CacheError> {
    r#mod::match_entry(1).invalidate().await?;
    loop_entry(r#type { r#for: 1 }, &Kind::r#fn)
        .invalidate()
        .await?;
    r#yield(7).invalidate().await?;
    r#type::await_entry(1).invalidate().await
}
