//! What other caches call things.

use cache_runtime::cached;

#[cached(ttl = "5m", time = 60, size = 100, name = "USERS", namespace = "user", sync_writes = true)]
async fn user(id: u64) -> u64 {
    id
}

#[cached(ttl = "5m", convert = r#"{ format!("{id}") }"#, option = true, result = true, unbound, unless = 7)]
async fn other(id: u64) -> u64 {
    id
}

fn main() {}
