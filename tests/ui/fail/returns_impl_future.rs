//! A plain fn that returns some future.

use cache_runtime::cached;

#[cached(ttl = "5m")]
fn user(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

fn main() {}
