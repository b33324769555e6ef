//! Annotated fns that a macro writes, with its names and its caller's, and with what it was given
//! where a literal stands.

use cache_runtime::{cache_invalidate, cached};

macro_rules! make {
    ($name:ident, $id:ident, $ty:ty, $body:expr) => {
        #[cached(ttl = "5m", tags = ["all"], key = ($id, scale))]
        pub async fn $name($id: $ty, scale: u32) -> $ty {
            $body + <$ty>::from(scale)
        }
    };
}

make!(twice, id, u64, id * 2);

macro_rules! literals {
    ($name:ident $id:ident $ns:literal $ttl:literal $tag:literal $key:literal $level:literal $version:literal) => {
        #[cached(ns = $ns, ttl = $ttl, tags = [$tag], key = $key, consistency = $level, version = $version)]
        pub async fn $name($id: u64) -> u64 {
            $id
        }
    };
}

macro_rules! expressions {
    ($name:ident $id:ident $ns:expr, $ttl:expr, $tag:expr, $key:expr, $level:expr, $version:expr) => {
        #[cached(ns = $ns, ttl = $ttl, tags = [$tag], key = ($key), consistency = $level, version = $version)]
        pub async fn $name($id: u64) -> u64 {
            $id
        }
    };
}

macro_rules! tokens {
    ($name:ident $id:ident $ns:tt $ttl:tt $tag:tt $key:tt $level:tt $version:tt) => {
        #[cached(ns = $ns, ttl = $ttl, tags = [$tag], key = $key, consistency = $level, version = $version)]
        pub async fn $name($id: u64) -> u64 {
            $id
        }
    };
}

literals!(by_literals id "a" "5m" "all:{id}" "{id}" "strong" 2);
expressions!(by_expressions id "b", 60 * 5, "all:{id}", "{id}", "strong", 2);
tokens!(by_tokens id "c" "5m" "all:{id}" "{id}" "strong" 2);

macro_rules! clears {
    ($name:ident $tags:expr, $ns:expr, $on:expr) => {
        #[cache_invalidate(tags = $tags, namespaces = [$ns], on = $on)]
        pub async fn $name() -> Result<u64, String> {
            Ok(1)
        }
    };
}

clears!(clear["all"], "a", "ok");
