//! Only a float can be rounded.

use cache_runtime::CacheKey;

#[derive(CacheKey)]
struct Point {
    #[cache_key(round = "two")]
    x: f64,
}

fn main() {}
