//! A closure over the value that takes an argument too.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    org: u64,
}

#[cached(ttl = "5m", tags_from = |user| [format!("{}:{id}", user.org)])]
async fn user(id: u64) -> User {
    User { org: id }
}

fn main() {}
