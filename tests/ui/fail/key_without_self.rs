//! A key that leaves `self` open.

use cache_runtime::cached;

struct Users;

impl Users {
    #[cached(ttl = "5m", key = id)]
    async fn user(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
