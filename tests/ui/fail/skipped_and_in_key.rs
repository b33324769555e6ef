//! An argument both skipped and named.

use cache_runtime::cached;

#[cached(ttl = "5m", skip(id), key = (id, name))]
async fn user(id: u64, name: String) -> String {
    format!("{name}{id}")
}

fn main() {}
