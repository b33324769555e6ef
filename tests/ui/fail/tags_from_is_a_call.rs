//! Tags from the value, as a call.

use cache_runtime::cached;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    org: u64,
}

fn org(org: u64) -> [String; 1] {
    [format!("org:{org}")]
}

#[cached(ttl = "5m", tags_from = org(id))]
async fn user(id: u64) -> User {
    User { org: id }
}

fn main() {}
