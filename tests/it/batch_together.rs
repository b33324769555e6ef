//! What the ids of a `batch` ask Redis for is asked for together, and answered for each.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use cache_runtime::{Cache, NamespaceStats, cached};
use cache_tests::{Network, Proxy, Server};
use tokio::sync::Semaphore;

use crate::{server, until};

/// Long enough for a busy machine, where the limit is not what is tested.
const LIMIT: Duration = Duration::from_secs(20);

/// An origin whose loads wait for leave.
struct Origin {
    asked: Mutex<Vec<Vec<u64>>>,
    leave: Semaphore,
}

impl Origin {
    fn new(leave: usize) -> Self {
        Self {
            asked: Mutex::default(),
            leave: Semaphore::new(leave),
        }
    }

    fn asked(&self) -> Vec<Vec<u64>> {
        self.asked.lock().unwrap().clone()
    }

    async fn until_asked(&self, times: usize) {
        until(LIMIT, || async { self.asked().len() == times }).await;
    }
}

#[cached(ns = "together", ttl = "1h", jitter = 0.0, wait = "20s", batch(id in ids), tags = ["together:{id}"], skip(origin))]
async fn users(origin: &Origin, ids: &[u64]) -> HashMap<u64, String> {
    origin.asked.lock().unwrap().push(ids.to_vec());
    origin.leave.acquire().await.unwrap().forget();
    named(ids.iter().copied())
}

fn named(ids: impl IntoIterator<Item = u64>) -> HashMap<u64, String> {
    let name = |id| (id, format!("user {id}"));
    ids.into_iter().map(name).collect()
}

fn ids(range: std::ops::Range<u64>) -> Vec<u64> {
    range.collect()
}

/// A cache that waits for Redis for as long as a busy machine may take.
fn cache(url: String, memory_bytes: u64) -> Cache {
    let builder = Cache::builder().url(url).memory_bytes(memory_bytes);
    let builder = builder.op_timeout(LIMIT).allowance(LIMIT);
    builder.build().unwrap()
}

fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("together").unwrap().clone()
}

/// How often a command was called, also by scripts.
async fn calls(server: &Server, command: &str) -> u64 {
    let info = server.command(&[b"INFO", b"commandstats"]).await.unwrap();
    let text: String = redis::from_redis_value(info).unwrap();
    let of = format!("cmdstat_{command}:calls=");
    let line = text.lines().find_map(|line| line.strip_prefix(&*of));
    let count = line.and_then(|rest| rest.split(',').next());
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn a_hundred_that_are_missing_take_few_calls_of_scripts() {
    let server = server().await;
    let (cache, origin) = (cache(server.url(), 0), Origin::new(2));
    cache
        .scope(async {
            assert_eq!(users(&origin, &ids(0..900)).await, named(0..900));
            let before = (
                calls(&server, "evalsha").await,
                calls(&server, "mget").await,
            );
            assert_eq!(users(&origin, &ids(0..1_000)).await, named(0..1_000));
            let scripts = calls(&server, "evalsha").await - before.0;
            // Asked one by one it is four hundred: of each a lease, two stamps and a store. At best it is twelve; the
            // call asks for fewer at a time where its task's turn ends.
            assert!((3..=100).contains(&scripts), "{scripts} calls");
            let reads = calls(&server, "mget").await - before.1;
            // Sixteen are joined into few, and each script reads twice at most.
            assert!(reads <= 16 + 2 * scripts, "{reads} reads");
        })
        .await;
    assert_eq!(origin.asked()[1], ids(900..1_000));
    let row = row(&cache);
    assert_eq!((row.loads, row.stores), (1_000, 1_000), "{row:?}");
}

/// By the first call all of them, though it made the stamp that they share.
#[tokio::test]
async fn what_a_batch_stored_in_a_new_namespace_is_served_from_memory() {
    let server = server().await;
    let (cache, origin) = (cache(server.url(), 1 << 20), Origin::new(2));
    cache
        .scope(async {
            for _ in 0..2 {
                assert_eq!(users(&origin, &ids(0..100)).await, named(0..100));
            }
        })
        .await;
    let row = row(&cache);
    assert_eq!((row.loads, row.memory_hits), (100, 100), "{row:?}");
}

#[tokio::test]
async fn an_invalidation_of_one_id_leaves_that_one_unstored_and_no_other() {
    let server = server().await;
    let (here, there) = (cache(server.url(), 1 << 20), cache(server.url(), 0));
    let origin = Origin::new(0);
    let loading = here.scope(users(&origin, &[1, 2, 3]));
    let invalidating = there.scope(async {
        origin.until_asked(1).await;
        users_entry(&2).invalidate().await.unwrap();
        origin.leave.add_permits(10);
    });
    let (loaded, ()) = tokio::join!(loading, invalidating);
    assert_eq!(loaded, named(1..4));
    let stored = row(&here);
    assert_eq!((stored.stores, stored.unstored.overtaken), (2, 1));
    for cache in [&here, &there] {
        cache.scope(users(&origin, &[1, 3])).await;
    }
    assert_eq!(origin.asked().len(), 1, "both are served");
    assert_eq!(here.scope(users(&origin, &[1, 2, 3])).await, named(1..4));
    assert_eq!(origin.asked()[1..], [[2]]);
}

#[tokio::test]
async fn of_caches_that_race_for_the_same_ids_each_id_is_loaded_by_one() {
    let server = server().await;
    let caches = [0, 1 << 20, 0].map(|bytes| cache(server.url(), bytes));
    let origin = Origin::new(1_000);
    let ranges = [0..150, 50..200, 100..250];
    let calls = caches.iter().zip(ranges.clone()).map(|(cache, range)| {
        let origin = &origin;
        cache.scope(async move {
            let found = users(origin, &ids(range.clone())).await;
            assert_eq!(found, named(range));
        })
    });
    futures_util::future::join_all(calls).await;
    let mut loaded: Vec<u64> = origin.asked().concat();
    loaded.sort_unstable();
    assert_eq!(loaded, ids(0..250));
    let stores: u64 = caches.iter().map(|cache| row(cache).stores).sum();
    assert_eq!(stores, 250);
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_the_stores_costs_no_value() {
    let mut server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let (cache, origin) = (cache(proxy.url(), 1 << 20), Origin::new(0));
    let ids = ids(0..100);
    let loading = cache.scope(users(&origin, &ids));
    let dying = async {
        origin.until_asked(1).await;
        proxy.set(Network::HalfOpen);
        origin.leave.add_permits(10);
        until(LIMIT, || async {
            // The lease of an entry is gone once it is stored.
            calls(&server, "del").await > 0
        })
        .await;
        server.kill9().unwrap();
        proxy.set(Network::Cut);
    };
    let (loaded, ()) = tokio::join!(loading, dying);
    assert_eq!(loaded, named(0..100));
    assert_eq!(cache.scope(users(&origin, &ids)).await, named(0..100));
    let row = row(&cache);
    assert_eq!(
        (row.failed_loads, row.unstored.overtaken),
        (0, 0),
        "{row:?}"
    );
}
