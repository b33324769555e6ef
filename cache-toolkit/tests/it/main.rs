//! What programs see of the toolkit, on servers that the tests start.

mod children;
mod limits;
mod locks;
mod log;
mod misuse;
mod row_22_events;
mod row_36_queues;
mod row_36_topics;
mod streams_failover;
mod streams_full;
mod streams_killed;
mod streams_misuse;
mod streams_rights;

use std::time::Duration;

use cache_runtime::Cache;
use cache_tests::Server;

/// A server, and a cache on it that is connected.
async fn server() -> (Server, Cache) {
    let server = Server::start().await.unwrap();
    let cache = connected(&server.url()).await;
    (server, cache)
}

async fn connected(url: &str) -> Cache {
    // On a machine that is busy an answer takes its time.
    let cache = Cache::builder().url(url).op_timeout(Duration::from_secs(5));
    let cache = cache.build().unwrap();
    cache.connect().await.unwrap();
    cache
}

/// How long anything is waited for.
const LIMIT: Duration = Duration::from_secs(30);

/// What a future gives, in time.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    let given = tokio::time::timeout(LIMIT, future).await;
    given.unwrap_or_else(|_| panic!("not within {LIMIT:?}"))
}

/// Asks again and again, until there is an answer.
async fn until<T>(mut asks: impl AsyncFnMut() -> Option<T>) -> T {
    in_time(async {
        loop {
            if let Some(answer) = asks().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
}
