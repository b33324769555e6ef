//! A fn of another type than the value.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    org: u64,
}

fn org(user: &Option<User>) -> Option<String> {
    user.as_ref().map(|user| format!("org:{}", user.org))
}

#[cached(ttl = "5m", tags_from = org)]
async fn user(id: u64) -> User {
    User { org: id }
}

fn main() {}
