//! The annotation on a struct.

use cache_runtime::cached;

#[cached(ttl = "5m")]
pub struct User {
    pub id: u64,
}

fn main() {}
