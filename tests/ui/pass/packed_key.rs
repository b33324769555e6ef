//! A key of a packed struct, whose fields can't be borrowed.

use cache_runtime::CacheKey;

#[derive(CacheKey)]
#[repr(C, packed(2))]
pub struct Header {
    pub kind: u8,
    pub length: u64,
    pub parts: [u16; 3],
    #[cache_key(round = 2)]
    pub share: f64,
}

#[derive(CacheKey)]
#[repr(packed)]
pub struct Pair(pub u8, pub u32);
