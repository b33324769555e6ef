//! Several who put one key at the same time: the last one wins, and nobody is told that it failed.

use std::time::Duration;

use cache_runtime::{Cache, CacheError, cached};
use cache_tests::{Actor, Origin, Server};

const TASKS: u32 = 4;
const TIMES: u32 = 500;

#[cached(ns = "put", ttl = "5m", tags = ["put"])]
async fn value(id: u32) -> u64 {
    let _ = id;
    0
}

#[cached(ns = "refreshed", ttl = "5m", skip(value))]
async fn refreshed(id: u32, value: u64) -> u64 {
    let _ = id;
    tokio::task::yield_now().await;
    value
}

/// On a server that a busy machine is no outage of.
fn on(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url());
    cache.op_timeout(Duration::from_secs(5)).build().unwrap()
}

/// Values of which each task's last is a multiple of `TIMES`.
fn nth(task: u32, time: u32) -> u64 {
    u64::from(task * TIMES + time)
}

/// How the puts of one task ended.
async fn puts_of(cache: Cache, id: u32, task: u32) -> Vec<Result<(), CacheError>> {
    let entry = cache.scope(async { value_entry(id) }).await;
    let mut ended = Vec::new();
    for time in 1..=TIMES {
        ended.push(entry.put(nth(task, time)).await);
    }
    ended
}

/// How the puts of several tasks ended, each on one of the caches in turn.
async fn race(caches: &[Cache], id: u32) -> Vec<Result<(), CacheError>> {
    let tasks = caches.iter().cycle().cloned().zip(0..TASKS);
    let tasks = tasks.map(|(cache, task)| tokio::spawn(puts_of(cache, id, task)));
    let tasks: Vec<_> = tasks.collect();
    let mut ended = Vec::new();
    for task in tasks {
        ended.extend(task.await.unwrap());
    }
    ended
}

/// Every put is acknowledged, and what all caches then have is what one task put last.
async fn the_last_wins(caches: &[Cache]) {
    for id in 0..3 {
        let ended = race(caches, id).await;
        assert_eq!(ended.len(), 2_000);
        let failed: Vec<_> = ended.into_iter().filter_map(Result::err).collect();
        assert_eq!(failed, [], "{} of 2,000", failed.len());
        let read = async |cache: &Cache| cache.scope(async { value_entry(id).get().await }).await;
        let there = read(&caches[0]).await.unwrap();
        assert_eq!(there % u64::from(TIMES), 0, "{there} was not put last");
        for cache in caches {
            assert_eq!(read(cache).await, Some(there));
            assert_eq!(cache.scope(value(id)).await, there);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_puts_of_a_key_in_memory_the_last_wins_and_none_fails() {
    the_last_wins(&[Cache::memory()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_puts_of_a_key_in_redis_the_last_wins_and_none_fails() {
    let server = crate::server().await;
    the_last_wins(&[on(&server)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_puts_of_a_key_by_two_caches_the_last_wins_and_none_fails() {
    let server = crate::server().await;
    the_last_wins(&[on(&server), on(&server)]).await;
}

#[tokio::test]
async fn of_many_puts_of_a_key_by_two_processes_the_last_wins_and_none_fails() {
    let (server, origin) = (crate::server().await, Origin::new().unwrap());
    let url = server.url();
    let settings = [("CACHE_URL", url.as_str()), ("CACHE_OP_TIMEOUT", "5s")];
    let actor = || Actor::start(env!("CARGO_BIN_EXE_actor"), &origin, &settings).unwrap();
    let (one, two) = (actor(), actor());
    let (first, second) = (one.ask("puts 1 2 500 one"), two.ask("puts 1 2 500 two"));
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first.unwrap().trim(), second.unwrap().trim()), ("0", "0"));
    let there = one.ask("get 1").await.unwrap();
    assert!(there.contains("-500"), "{there} was not put last");
    assert_eq!(two.ask("get 1").await.unwrap(), there);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refreshes_that_were_asked_for_and_puts_leave_the_last_of_them_too() {
    let server = crate::server().await;
    for cache in [Cache::memory(), on(&server)] {
        let (one, other) = (cache.clone(), cache.clone());
        let refreshing = tokio::spawn(async move {
            for n in 1..=300 {
                let refresh = async { refreshed_entry(1).refresh(refreshed(1, n)).await };
                one.scope(refresh).await;
            }
        });
        let putting = tokio::spawn(async move {
            for n in 1..=300 {
                let put = async { refreshed_entry(1).put(1_000 + n).await };
                other.scope(put).await.unwrap();
            }
        });
        refreshing.await.unwrap();
        putting.await.unwrap();
        let there = cache.scope(async { refreshed_entry(1).get().await }).await;
        assert!(matches!(there, Some(300 | 1_300)), "{there:?}");
        let stats = cache.stats();
        assert_eq!(stats.namespace("refreshed").unwrap().unstored.overtaken, 0);
    }
}
