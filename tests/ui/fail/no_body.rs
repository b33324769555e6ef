//! The annotation on a declaration.

use cache_runtime::cached;

trait Users {
    #[cached(ttl = "5m", skip(self), entry = false)]
    async fn user(&self, id: u64) -> u64;
}

fn main() {}
