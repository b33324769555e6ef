//! A tag over an argument that is mistyped.

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:{user_id}"])]
async fn user(usr_id: u64) -> u64 {
    usr_id
}

fn main() {}
