//! A value that borrows.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user(name: &str) -> &str {
    name
}

fn main() {}
