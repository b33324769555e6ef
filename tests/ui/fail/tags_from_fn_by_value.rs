//! A fn that takes the value itself.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    org: u64,
}

fn org(user: User) -> [String; 1] {
    [format!("org:{}", user.org)]
}

#[cached(ttl = "5m", tags_from = org)]
async fn user(id: u64) -> User {
    User { org: id }
}

fn main() {}
