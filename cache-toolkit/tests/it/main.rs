//! What programs see of the toolkit, on servers that the tests start.

mod children;
mod limits;
mod locks;
mod misuse;
mod row_22_events;
mod row_36_queues;
mod row_36_topics;
mod streams_failover;
mod streams_full;
mod streams_killed;
mod streams_misuse;
mod streams_rights;

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
