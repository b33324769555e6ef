//! A task that would outlive its receiver.

use cache_runtime::cached;

struct Users;

impl Users {
    #[cached(ttl = "5m", stale = "10m", refresh = "background", skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
