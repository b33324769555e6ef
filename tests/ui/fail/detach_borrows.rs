//! A task that would have what its caller only lends.

use cache_runtime::cached;

struct Db(u64);

impl Db {
    #[cached(ttl = "5m", detach, skip(self))]
    async fn user(&self, name: &str) -> String {
        format!("{name} {}", self.0)
    }
}

fn main() {}
