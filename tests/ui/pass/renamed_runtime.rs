//! The runtime under another path.

extern crate cache_runtime as somewhere;

pub mod deep {
    pub use somewhere as runtime;
}

#[somewhere::cached(ttl = "5m", crate = crate::deep::runtime)]
pub async fn one(id: u32) -> u32 {
    id
}

#[somewhere::cache_invalidate(namespaces = ["one"], crate = "crate::deep::runtime")]
pub async fn two(id: u32) -> u32 {
    id
}

fn main() {}
