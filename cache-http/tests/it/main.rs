//! The layers on real servers: one binary.

mod browser;
mod children;
mod row_33_sessions;
mod row_34_http;

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
