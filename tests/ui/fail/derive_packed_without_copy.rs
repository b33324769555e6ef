//! A field of a packed struct that can be neither borrowed nor copied.

use cache_runtime::CacheKey;

#[derive(CacheKey)]
#[repr(packed)]
struct Header {
    kind: u8,
    name: String,
}

fn main() {}
