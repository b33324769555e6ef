//! An expression for a tag that is none.

use cache_runtime::cached;

struct UserTag(u64);

#[cached(ttl = "5m", tags = [UserTag(id)])]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
