//! A codec that is none of the choices.

use cache_runtime::cached;

#[cached(codec = "protobuf", ttl = "5m")]
async fn user(id: u64) -> u64 {
    id
}

fn main() {}
