//! Very many invalidations that Redis did not acknowledge: each is done when it is back, and until
//! then what they cost a call and the process is bounded.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::{Cluster, Server};

use crate::until;

const LIMIT: Duration = Duration::from_secs(60);

/// More than are kept apart.
const TOO_MANY: u32 = 20_000;

#[cached(ns = "user", ttl = "5m", tags = ["user:{id}"], skip(origin))]
async fn user(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

#[cached(ns = "order", ttl = "5m", tags_from = |value| [format!("user:{}", value / 1_000)], skip(origin))]
async fn order(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

#[cached(ns = "untagged", ttl = "5m", skip(origin))]
async fn untagged(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

fn bare(url: String) -> Cache {
    let builder = Cache::builder().url(url).memory_bytes(0);
    builder
        .op_timeout(Duration::from_millis(200))
        .build()
        .unwrap()
}

/// What a cache gives of one id, in each namespace.
async fn read(cache: &Cache, origin: &AtomicU32, id: u32) -> [u32; 3] {
    cache
        .scope(async {
            [
                user(origin, id).await,
                order(origin, id).await,
                untagged(origin, id).await,
            ]
        })
        .await
}

async fn invalidate_users(cache: &Cache, users: u32) {
    for id in 0..users {
        let done = cache.tag(format!("user:{id}")).invalidate().await;
        assert!(done.is_err(), "{id}");
    }
}

async fn settled(cache: &Cache) {
    until(LIMIT, || async { cache.health().owed_invalidations == 0 }).await;
}

#[tokio::test]
async fn ten_thousand_owed_tags_are_each_done_and_nothing_else() {
    let server = crate::server().await;
    let (owes, other) = (bare(server.url()), bare(server.url()));
    let origin = AtomicU32::new(1);
    for id in [0, 9_999, 10_000] {
        assert_eq!(read(&other, &origin, id).await, [id * 1_000 + 1; 3]);
    }
    server.pause().unwrap();
    for _ in 0..2 {
        invalidate_users(&owes, 10_000).await;
    }
    assert_eq!(owes.health().owed_invalidations, 10_000);
    assert_eq!(owes.health().owed.len(), 16);
    server.resume().unwrap();
    settled(&owes).await;
    origin.store(2, Ordering::SeqCst);
    for id in [0, 9_999] {
        let [user, order, untagged] = read(&other, &origin, id).await;
        assert_eq!(
            [user, order, untagged],
            [id * 1_000 + 2, id * 1_000 + 2, id * 1_000 + 1]
        );
    }
    assert_eq!(read(&other, &origin, 10_000).await, [10_000_001; 3]);
}

/// The stamps under a prefix that this one looks like, were it a pattern.
async fn foreign(server: &Server) -> Cache {
    let prefix = Cache::builder().prefix("cbche").url(server.url());
    prefix.memory_bytes(0).build().unwrap()
}

#[tokio::test]
async fn past_the_limit_everything_is_owed_and_done_when_the_server_is_back() {
    let server = crate::server().await;
    let here = || Cache::builder().url(server.url()).prefix("c[ab]che");
    let owes = here()
        .memory_bytes(0)
        .op_timeout(Duration::from_millis(200));
    let (owes, other) = (owes.build().unwrap(), here().build().unwrap());
    let (foreign, origin) = (foreign(&server).await, AtomicU32::new(1));
    for cache in [&other, &foreign] {
        assert_eq!(read(cache, &origin, 7).await, [7_001; 3]);
    }
    server.pause().unwrap();
    invalidate_users(&owes, TOO_MANY).await;
    assert_eq!(owes.health().owed_invalidations, 1);
    assert_eq!(owes.health().owed, ["everything"]);
    server.resume().unwrap();
    origin.store(2, Ordering::SeqCst);
    assert_eq!(
        read(&owes, &origin, 7).await,
        [7_002; 3],
        "nothing older is served"
    );
    settled(&owes).await;
    until(LIMIT, || async {
        read(&other, &origin, 7).await == [7_002; 3]
    })
    .await;
    assert_eq!(read(&foreign, &origin, 7).await, [7_001; 3]);
    origin.store(3, Ordering::SeqCst);
    until(LIMIT, || async {
        read(&owes, &origin, 8).await;
        origin.fetch_add(1, Ordering::SeqCst);
        read(&owes, &origin, 8).await[0] < 8_000 + origin.load(Ordering::SeqCst)
    })
    .await;
}

#[tokio::test]
async fn everything_owed_is_done_on_every_master() {
    let cluster = Cluster::start().await.unwrap();
    let (owes, other) = (bare(cluster.url()), bare(cluster.url()));
    let origin = AtomicU32::new(1);
    // So many namespaces that each master has the stamps of some.
    let namespaces: Vec<_> = (0..30).map(|n| format!("n{n}")).collect();
    let policy = cache_runtime::Policy::new(Duration::from_secs(300));
    let all = || async {
        let mut seen = Vec::new();
        for namespace in &namespaces {
            let load = async { Ok::<_, String>(origin.load(Ordering::SeqCst)) };
            seen.push(
                other
                    .get_or_load(namespace, &1, &policy, load)
                    .await
                    .unwrap(),
            );
        }
        seen
    };
    assert_eq!(all().await, [1; 30]);
    assert!(owes.namespace("n0").invalidate().await.is_ok());
    let masters = 0..cluster.len();
    for node in masters.clone() {
        cluster.node(node).pause().unwrap();
    }
    invalidate_users(&owes, TOO_MANY).await;
    assert_eq!(owes.health().owed, ["everything"]);
    for node in masters {
        cluster.node(node).resume().unwrap();
    }
    cluster.until_settled().await.unwrap();
    settled(&owes).await;
    origin.store(2, Ordering::SeqCst);
    assert_eq!(all().await, [2; 30]);
}

/// Run by hand, with `--release --ignored --nocapture`: the figures of the changelog.
#[tokio::test]
#[ignore = "it measures, and asserts nothing that a busy machine would keep"]
#[expect(clippy::print_stderr, reason = "it is run for what it prints")]
async fn what_a_call_costs_while_many_tags_are_owed() {
    fn resident() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4 / 1_024
    }
    for owed in [0, 10_000, 200_000] {
        let mut server = crate::server().await;
        let cache = bare(server.url());
        let origin = AtomicU32::new(1);
        read(&cache, &origin, 1_000_000).await;
        server.kill9().unwrap();
        let before = resident();
        invalidate_users(&cache, owed).await;
        let grown = resident().saturating_sub(before);
        let mut calls: Vec<_> = Vec::new();
        for _ in 0..200 {
            let begun = Instant::now();
            cache.scope(user(&origin, 1_000_000)).await;
            calls.push(begun.elapsed());
        }
        calls.sort_unstable();
        eprintln!("{owed} owed: {:?} a call, {grown} MiB", calls[100]);
    }
}
