//! What another cache calls things.

use cache_runtime::cached;

#[cached(ttl = "5m", expires = true, with_cached_flag = true, cache_err = true, in_impl = true, disk = true)]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
