//! A method must decide on `self`.

use cache_runtime::cached;

struct Users;

impl Users {
    #[cached(ttl = "5m")]
    async fn user(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
