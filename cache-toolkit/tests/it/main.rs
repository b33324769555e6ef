//! What programs see of the toolkit, on servers that the tests start.

mod children;
mod failover;
mod misuse;
mod passes;
mod rights;
mod row_34_limits;
mod row_35_locks;
mod row_36_structures;

use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_tests::Server;

/// How long something may take that is waited for, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(90);

/// A server, and a cache on it that is connected.
async fn server() -> (Server, Cache) {
    let server = Server::start().await.unwrap();
    let cache = connected(&server.url()).await;
    (server, cache)
}

async fn connected(url: &str) -> Cache {
    let cache = Cache::builder().url(url).build().unwrap();
    cache.connect().await.unwrap();
    cache
}

/// Waits until it is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
