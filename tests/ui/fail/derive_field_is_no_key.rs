//! A field that can't be in a key.

use cache_runtime::CacheKey;

struct Db;

#[derive(CacheKey)]
struct Point {
    db: Db,
}

fn main() {}
