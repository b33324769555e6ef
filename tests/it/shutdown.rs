//! What goes away leaves nothing behind: no task, no lease, no waiter, no connection.

use std::time::Duration;

use cache_runtime::{Cache, Policy};
use cache_tests::{Cluster, Server};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const POLICY: Policy = Policy::new(Duration::from_secs(60));
const NS: &str = "gone";

/// Calls that never end by themselves: eight for each key.
fn endless_calls(cache: &Cache) -> JoinSet<()> {
    let mut calls = JoinSet::new();
    for number in 0..160_u32 {
        let cache = cache.clone();
        calls.spawn(async move {
            let never = std::future::pending::<Result<u32, String>>();
            let _ = cache.get_or_load(NS, &(number % 20), &POLICY, never).await;
        });
    }
    calls
}

/// Calls that found nothing and lead, or wait for a leader in another flight of the process.
fn leaders(cache: &Cache) -> u64 {
    let stats = cache.stats();
    stats.namespace(NS).map_or(0, |row| row.misses.absent)
}

/// Waits until every key has its leader, of so many before, and the others wait for one. A push may come
/// between two calls for a key, and then it has two.
async fn under_way(cache: &Cache, before: u64) {
    until(LIMIT, async || {
        let stats = cache.stats();
        let waiting = stats.namespace(NS).map_or(0, |row| row.waiting);
        let leaders = leaders(cache) - before;
        waiting + leaders == 160 && cache.health().loads_under_way == 20
    })
    .await;
}

async fn nothing_is_left(cache: Cache, keys: impl AsyncFn() -> Vec<String>) {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let leases = async || {
        let keys = keys().await;
        keys.iter().filter(|key| key.ends_with(":lease")).count()
    };
    let mut calls = endless_calls(&cache);
    under_way(&cache, 0).await;
    until(LIMIT, async || leases().await == 20).await;
    calls.shutdown().await;
    assert_eq!(cache.health().loads_under_way, 0);
    assert_eq!(cache.stats().namespace(NS).unwrap().waiting, 0);
    until(LIMIT, async || leases().await == 0).await;

    let before = leaders(&cache);
    let mut calls = endless_calls(&cache);
    under_way(&cache, before).await;
    until(LIMIT, async || leases().await == 20).await;
    cache.close().await.unwrap();
    assert_eq!(leases().await, 0, "nobody waits for a process that is gone");
    calls.shutdown().await;
    assert_eq!(cache.health().loads_under_way, 0);
    assert_eq!(tasks(), 0);
    let called = cache.get_or_load(NS, &1, &POLICY, async { Ok::<_, String>(7) });
    assert_eq!(called.await, Ok(7), "a closed cache is none");
    assert_eq!(tasks(), 0);
}

async fn clients(server: &Server) -> usize {
    let list = server.command(&[b"CLIENT", b"LIST"]).await.unwrap();
    let list: String = redis::from_redis_value(list).unwrap();
    // One of them asks.
    list.lines().count() - 1
}

#[tokio::test]
async fn after_a_close_on_one_node() {
    let server = server().await;
    let cache = Cache::builder()
        .url(server.url())
        .connections(2)
        .build()
        .unwrap();
    nothing_is_left(cache, async || server.keys().await.unwrap()).await;
    until(LIMIT, async || clients(&server).await == 0).await;
}

#[tokio::test]
async fn after_a_close_on_a_cluster() {
    let cluster = Cluster::start().await.unwrap();
    let cache = Cache::builder().url(cluster.url()).build().unwrap();
    let keys = async || {
        let mut keys = Vec::new();
        for master in 0..3 {
            keys.extend(cluster.node(master).keys().await.unwrap());
        }
        keys
    };
    nothing_is_left(cache, keys).await;
}

#[tokio::test]
async fn after_the_last_handle_is_dropped() {
    let server = server().await;
    let cache = Cache::builder()
        .url(server.url())
        .lag(Duration::from_millis(200))
        .build()
        .unwrap();
    let mut calls = endless_calls(&cache);
    under_way(&cache, 0).await;
    calls.shutdown().await;
    drop(cache);
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
    until(LIMIT, async || clients(&server).await == 0).await;
    let keys = server.keys().await.unwrap();
    assert!(!keys.iter().any(|key| key.ends_with(":lease")), "{keys:?}");
}
