//! An older value of a type that can't be cached: told of once.

use cache_runtime::cached;

struct Page(u64);

#[cached(ttl = "5m", stale = "1h", older = previous)]
async fn page(id: u64) -> Page {
    previous.unwrap_or(Page(id))
}

fn main() {}
