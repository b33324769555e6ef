//! An attribute that is mistyped.

use cache_runtime::CacheKey;

#[derive(CacheKey)]
struct Point {
    #[cache_key(skp)]
    x: u32,
}

fn main() {}
