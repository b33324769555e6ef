//! `dependencies`: what a piece of work rests on, for whoever keeps what is made of it; and who is told of
//! invalidations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use cache_runtime::{
    Cache, Dependencies, Invalidated, Listener, Policy, bypass, cached, dependencies, outcome,
};
use cache_tests::Server;
use tokio::sync::Semaphore;

use crate::{on_a_clock, server};

#[cached(ns = "user", ttl = "100s", stale = "100s", jitter = 0.0, tags = ["user:{id}"], skip(origin))]
async fn user(origin: &Semaphore, id: u32) -> Result<u32, String> {
    match origin.try_acquire() {
        Ok(permit) => permit.forget(),
        Err(_) => return Err("no origin".to_owned()),
    }
    Ok(id)
}

#[cached(ns = "org", ttl = "30s", jitter = 0.0, tags = ["org"], tags_from = |members| members.iter().map(|id| format!("member:{id}")))]
async fn org(id: u32) -> Vec<u32> {
    vec![id, id + 1]
}

/// A page of a user, which is cached itself: what it is made of is its own matter.
#[cached(ns = "page", ttl = "200s", jitter = 0.0, tags = ["page"], skip(origin))]
async fn page(origin: &Semaphore, id: u32) -> Result<u32, String> {
    user(origin, id).await
}

#[cached(ns = "many", ttl = "50s", jitter = 0.0, batch(id in ids), tags = ["one:{id}"])]
async fn many(ids: &[u32]) -> Vec<Option<u32>> {
    org(9).await;
    ids.iter().copied().map(Some).collect()
}

async fn connected(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url()).build().unwrap();
    cache.connect().await.unwrap();
    cache
}

fn rests_on(dependencies: &Dependencies) -> (Vec<&str>, Option<u64>) {
    let tags = dependencies.tags.iter().map(String::as_str).collect();
    (
        tags,
        dependencies.fresh_for.map(|fresh_for| fresh_for.as_secs()),
    )
}

#[tokio::test]
async fn work_rests_on_the_tags_of_what_it_calls_and_is_fresh_for_the_shortest_of_them() {
    let (cache, clock) = on_a_clock();
    let origin = Semaphore::new(9);
    cache
        .scope(async {
            // Loaded, then hits in memory.
            for _ in 0..2 {
                let (sum, told) = dependencies(async {
                    user(&origin, 7).await.unwrap() + org(1).await.len() as u32
                })
                .await;
                assert_eq!(sum, 9);
                let tags = vec!["member:1", "member:2", "org", "user:7"];
                assert_eq!(rests_on(&told), (tags, Some(30)));
            }
            clock.advance(Duration::from_secs(20));
            let (_, told) = dependencies(org(1)).await;
            assert_eq!(told.fresh_for.unwrap().as_secs(), 10);
            let (_, told) = dependencies(async { 7 }).await;
            assert_eq!(told, Dependencies::default());
        })
        .await;
}

#[tokio::test]
async fn of_a_function_that_calls_others_it_is_its_own_tags_loaded_or_not() {
    let (cache, _clock) = on_a_clock();
    let origin = Semaphore::new(9);
    cache
        .scope(async {
            for _ in 0..2 {
                let (_, told) = dependencies(page(&origin, 1)).await;
                assert_eq!(rests_on(&told), (vec!["page"], Some(200)));
            }
            let current = Cache::current().unwrap();
            for _ in 0..2 {
                let load = user(&origin, 2);
                let policy = Policy::new(Duration::from_secs(70)).jitter(0.0);
                let by_hand = current.get_or_load("by hand", &2, &policy, load);
                let (loaded, told) = dependencies(by_hand).await;
                assert_eq!(loaded, Ok(2));
                assert_eq!(rests_on(&told), (vec![], Some(70)));
            }
            for _ in 0..2 {
                // An id that is there twice is one.
                let (values, told) = dependencies(many(&[1, 2, 1])).await;
                assert_eq!(values, [1, 2, 1].map(Some));
                assert_eq!(rests_on(&told), (vec!["one:1", "one:2"], Some(50)));
            }
        })
        .await;
}

#[tokio::test]
async fn what_ran_without_the_cache_failed_or_is_stale_is_fresh_for_no_time() {
    let (cache, clock) = on_a_clock();
    let origin = Semaphore::new(2);
    cache
        .scope(async {
            let (_, told) = dependencies(async {
                org(1).await;
                bypass(user(&origin, 1)).await
            })
            .await;
            assert_eq!(told.fresh_for, Some(Duration::ZERO));
            user(&origin, 1).await.unwrap();
            clock.advance(Duration::from_secs(101));
            // Its load fails, and the older value is served.
            let (served, told) = dependencies(user(&origin, 1)).await;
            assert_eq!(
                (served, rests_on(&told)),
                (Ok(1), (vec!["user:1"], Some(0)))
            );
            // Nothing older is there.
            let (failed, told) = dependencies(user(&origin, 2)).await;
            assert_eq!(
                (failed.is_err(), told.fresh_for),
                (true, Some(Duration::ZERO))
            );
        })
        .await;
}

#[tokio::test]
async fn it_sees_through_what_looks_on_inside() {
    let origin = Semaphore::new(9);
    Cache::memory()
        .scope(async {
            let (_, told) = dependencies(async {
                outcome(user(&origin, 1)).await.0.unwrap();
                // What is kept by hand has no tags.
                let by_hand = dependencies(org(1)).await.1;
                assert_eq!(by_hand.tags.len(), 3);
            })
            .await;
            assert_eq!(rests_on(&told).0, ["user:1"]);
        })
        .await;
}

#[tokio::test]
async fn hits_in_redis_and_waits_for_another_load_lend_alike() {
    let server = server().await;
    let (one, other) = (connected(&server).await, connected(&server).await);
    let origin = Arc::new(Semaphore::new(9));
    one.scope(org(5)).await;
    let (_, told) = other.scope(dependencies(org(5))).await;
    assert_eq!(told.tags, ["member:5", "member:6", "org"]);
    assert!((29..=30).contains(&told.fresh_for.unwrap().as_secs()));
    other
        .scope(async {
            let both = async || dependencies(user(&origin, 3)).await.1;
            let (first, second) = tokio::join!(both(), both());
            assert_eq!((first.tags.len(), second.tags.len()), (1, 1));
            assert_eq!(origin.available_permits(), 8);
            assert!(first.fresh_for.min(second.fresh_for) > Some(Duration::ZERO));
            let (_, told) = dependencies(many(&[4, 5])).await;
            assert_eq!(told.tags, ["one:4", "one:5"]);
            let (_, again) = dependencies(many(&[4, 5])).await;
            assert_eq!(again.tags, ["one:4", "one:5"]);
        })
        .await;
}

static STORED: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "stored", ttl = "100s", tags = ["stored"])]
async fn stored() -> u32 {
    STORED.load(Ordering::SeqCst)
}

#[tokio::test]
async fn what_another_process_has_invalidated_is_lent_by_no_memory() {
    let server = server().await;
    let (writer, reader) = (connected(&server).await, connected(&server).await);
    for round in 1..=300 {
        // It is in the reader's memory.
        reader
            .scope(async { (stored().await, stored().await) })
            .await;
        STORED.store(round, Ordering::SeqCst);
        writer.tag("stored").invalidate().await.unwrap();
        let (read, _) = reader.scope(dependencies(stored())).await;
        assert_eq!(read, round);
    }
}

/// What a cache has told.
fn told(cache: &Cache) -> (Listener, Receiver<String>) {
    let (tell, told) = channel();
    let listener = cache.on_invalidated(move |what| {
        let text = match what {
            Invalidated::Tag(tag) => tag.to_owned(),
            Invalidated::Namespace(name) => format!("namespace {name}"),
            _ => "everything".to_owned(),
        };
        tell.send(text).unwrap();
    });
    (listener, told)
}

async fn invalidate_each_kind(cache: &Cache) {
    cache.tag("user:1").invalidate().await.unwrap();
    cache.namespace("user").invalidate().await.unwrap();
    cache.invalidate_all().await.unwrap();
}

#[tokio::test]
async fn who_listens_is_told_before_the_invalidation_is_acknowledged() {
    let server = server().await;
    for cache in [Cache::memory(), connected(&server).await] {
        let (listener, told) = told(&cache);
        invalidate_each_kind(&cache).await;
        let all: Vec<_> = told.try_iter().collect();
        assert_eq!(all, ["user:1", "namespace user", "everything"]);
        drop(listener);
        cache.tag("user:1").invalidate().await.unwrap();
        assert_eq!(told.try_iter().count(), 0);
    }
}

#[tokio::test]
async fn a_listener_that_panics_is_nobody_elses_trouble() {
    let cache = Cache::memory();
    let _panics = cache.on_invalidated(|_| panic!("of its own"));
    let (_listener, told) = told(&cache);
    cache.tag("user:1").invalidate().await.unwrap();
    assert_eq!(told.try_recv().unwrap(), "user:1");
}

#[tokio::test]
async fn what_redis_was_not_there_for_is_told_of_once_it_is_carried_out() {
    let server = server().await;
    let cache = connected(&server).await;
    let (_listener, told) = told(&cache);
    server.pause().unwrap();
    assert!(cache.tag("user:1").invalidate().await.is_err());
    assert_eq!(told.try_iter().count(), 0);
    server.resume().unwrap();
    crate::until(Duration::from_secs(5), || async {
        told.try_iter().any(|told| told == "user:1")
    })
    .await;
}
