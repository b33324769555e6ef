//! A union has no fields to write.

use cache_runtime::CacheKey;

#[derive(CacheKey)]
union Point {
    x: u32,
    y: f32,
}

fn main() {}
