//! The runtime under another path.

pub mod deep {
    pub extern crate cache_runtime as runtime;
}

#[deep::runtime::cached(ttl = "5m", crate = crate::pass::renamed_runtime::deep::runtime)]
pub async fn one(id: u32) -> u32 {
    id
}

#[deep::runtime::cache_invalidate(namespaces = ["one"], crate = "crate::pass::renamed_runtime::deep::runtime")]
pub async fn two(id: u32) -> u32 {
    id
}
