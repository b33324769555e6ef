//! A tag over a name that a pattern binds.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:{x}"])]
async fn user((x, y): (u64, u64)) -> u64 {
    x + y
}

fn main() {}
