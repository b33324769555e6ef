//! A tag that could be either.

use cache_runtime::{CacheTag, Tag};

#[derive(CacheTag)]
union Either {
    a: u32,
    b: u32,
}

fn main() {
    drop(Tag::from(Either { a: 1 }));
}
