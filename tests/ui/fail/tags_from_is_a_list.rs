//! Tags from the value, as a list.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    org: u64,
}

#[cached(ttl = "5m", tags_from = ["org:{org}"])]
async fn user(id: u64) -> User {
    User { org: id }
}

fn main() {}
