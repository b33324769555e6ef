//! The layers on real servers: one binary.

mod attacks_sessions;
mod browser;
mod children;
mod failover_sessions;
mod handler;
mod log;
mod misuse_responses;
mod misuse_sessions;
mod rfc9111;
mod row_32_responses;
mod row_33_sessions;
mod row_34_http;
mod row_41_edges;

use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_tests::Server;

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

/// Asks until it is so.
async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "not within a minute: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
