//! What programs see of the toolkit, on servers that the tests start.

mod children;
mod failover;
mod log;
mod misuse;
mod passes;
mod rights;
mod row_22_events;
mod row_34_limits;
mod row_35_locks;
mod row_36_queues;
mod row_36_structures;
mod row_36_topics;
mod streams_failover;
mod streams_full;
mod streams_killed;
mod streams_misuse;
mod streams_rights;

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
    // On a machine that is busy an answer takes its time.
    let cache = Cache::builder().url(url).op_timeout(Duration::from_secs(5));
    let cache = cache.build().unwrap();
    cache.connect().await.unwrap();
    cache
}

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

/// Waits until it is so.
async fn until_so(mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
