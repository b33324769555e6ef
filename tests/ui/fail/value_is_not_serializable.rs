//! A value that can't be stored.

use cache_runtime::cached;

#[derive(Clone)]
pub struct User(pub u64);

#[cached(ttl = "5m")]
async fn user(id: u64) -> User {
    User(id)
}

fn main() {}
