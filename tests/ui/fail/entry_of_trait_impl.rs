//! A companion where nothing can be added.

use cache_runtime::cached;

trait Users {
    async fn user(id: u64) -> u64;
}

struct Table;

impl Users for Table {
    #[cached(ttl = "5m")]
    async fn user(id: u64) -> u64 {
        id
    }
}

fn main() {}
