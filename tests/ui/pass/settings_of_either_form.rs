//! `compress` as a flag, and a body that a macro was given.

use cache_runtime::cached;

#[cached(ttl = "5m", compress = true)]
pub async fn compressed(id: u32) -> u32 {
    id
}

#[cached(ttl = "5m", compress = false)]
pub async fn plain(id: u32) -> u32 {
    id
}

macro_rules! wrapped {
    ($name:ident, $body:block) => {
        #[cached(ttl = "5m")]
        pub async fn $name() -> u32 $body
    };
}

wrapped!(seven, { 7 });
