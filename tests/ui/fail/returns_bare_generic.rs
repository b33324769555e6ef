//! A value that might be a `Result`.

use cache_runtime::cached;

#[cached(ttl = "5m")]
async fn user<T: Default>(id: u64) -> T {
    drop(id.to_string());
    T::default()
}

fn main() {}
