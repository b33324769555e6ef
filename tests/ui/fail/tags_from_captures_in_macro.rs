//! A closure over the value that takes an argument too, where only rustc sees it.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    org: u64,
}

macro_rules! tag {
    ($id:expr => $org:expr) => {
        format!("{}:{}", $id, $org)
    };
}

#[cached(ttl = "5m", tags_from = |user| [tag!(id => user.org)])]
async fn user(id: u64) -> User {
    User { org: id }
}

fn main() {}
