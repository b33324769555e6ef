//! Tags that have to be waited for.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    org: u64,
}

#[cached(ttl = "5m", tags_from = async |user| [format!("org:{}", user.org)])]
async fn user(id: u64) -> User {
    User { org: id }
}

fn main() {}
