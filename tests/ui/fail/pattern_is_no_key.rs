//! What a framework hands in, taken apart in the signature.

use cache_runtime::cached;

pub struct Path<T>(pub T);

#[cached(ttl = "5m")]
async fn user(Path(id): Path<u64>) -> u64 {
    id
}

fn main() {}
