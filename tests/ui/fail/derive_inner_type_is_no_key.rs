//! A type within a field that can't be in a key.

use cache_runtime::CacheKey;

struct Inner;

#[derive(CacheKey)]
struct Outer {
    id: u64,
    list: Vec<Inner>,
}

#[derive(CacheKey)]
enum Either {
    Left(u64),
    Right { inner: Option<Inner> },
}

fn main() {}
