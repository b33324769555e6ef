//! `outcome`: what became of a call, told to who made it.

use std::time::Duration;

use cache_runtime::{Cache, Outcome, Policy, Served, bypass, cached, outcome};
use tokio::sync::Semaphore;

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(10);

#[cached(
    ns = "outcome",
    ttl = "100s",
    stale = "100s",
    jitter = 0.0,
    skip(origin)
)]
async fn value(origin: &Semaphore, id: u32) -> Result<u32, String> {
    match origin.try_acquire() {
        Ok(permit) => permit.forget(),
        Err(_) => return Err("no origin".to_owned()),
    }
    Ok(id)
}

#[cached(ns = "slow", ttl = "100s", skip(go))]
async fn slow(go: &Semaphore, id: u32) -> u32 {
    go.acquire().await.unwrap().forget();
    id
}

#[cached(ns = "outer", ttl = "100s", skip(origin))]
async fn outer(origin: &Semaphore, id: u32) -> Result<u32, String> {
    value(origin, id).await
}

#[cached(
    ns = "background",
    ttl = "100s",
    stale = "100s",
    refresh = "background",
    jitter = 0.0
)]
async fn refreshed(id: u32) -> u32 {
    value(&Semaphore::new(1), 77).await.unwrap();
    id
}

fn secs(outcome: Outcome) -> (Served, u64) {
    (outcome.served, outcome.fresh_for.as_secs())
}

#[tokio::test]
async fn a_call_is_told_who_gave_its_value_and_how_long_that_is_fresh() {
    let (cache, clock) = on_a_clock();
    let origin = Semaphore::new(1);
    cache
        .scope(async {
            let ask = async || secs(outcome(value(&origin, 1)).await.1);
            assert_eq!(ask().await, (Served::Loaded, 100));
            clock.advance(Duration::from_secs(40));
            assert_eq!(ask().await, (Served::Memory, 60));
            assert_eq!(ask().await, (Served::Memory, 60));
            clock.advance(Duration::from_secs(60));
            // Its load fails.
            assert_eq!(ask().await, (Served::Stale, 0));
            assert_eq!(ask().await, (Served::Stale, 0));
            let (failed, told) = outcome(value(&origin, 2)).await;
            assert_eq!((failed.is_err(), secs(told)), (true, (Served::Loaded, 0)));
            let told = outcome(bypass(value(&origin, 1))).await.1;
            assert_eq!((secs(told), told.is_hit()), ((Served::Uncached, 0), false));
        })
        .await;
    let (_, told) = outcome(async { 7 }).await;
    assert_eq!(told, Outcome::default());
}

#[tokio::test]
async fn redis_memory_and_another_load_are_told_apart() {
    let server = server().await;
    let [a, b] = [(); 2].map(|()| Cache::builder().url(server.url()).build().unwrap());
    let origin = Semaphore::new(10);
    let ask = async |cache: &Cache| outcome(cache.scope(value(&origin, 3))).await.1;
    assert_eq!(ask(&a).await.served, Served::Loaded);
    let told = ask(&b).await;
    assert_eq!(told.served, Served::Redis);
    assert!((90..=100).contains(&told.fresh_for.as_secs()), "{told:?}");
    let told = ask(&b).await;
    assert!(told.is_hit() && told.served == Served::Memory, "{told:?}");
    let go = Semaphore::new(0);
    let come = || outcome(a.scope(slow(&go, 1)));
    let let_go = async {
        let waits = async || {
            let stats = a.stats();
            stats.namespace("slow").is_some_and(|row| row.waiting == 1)
        };
        until(LIMIT, waits).await;
        go.add_permits(1);
    };
    let ((_, one), (_, two), ()) = tokio::join!(come(), come(), let_go);
    let served = [one.served, two.served];
    assert!(
        served.contains(&Served::Loaded) && served.contains(&Served::Shared),
        "{served:?}"
    );
    // By hand it is told as well.
    let policy = Policy::new(Duration::from_secs(100));
    let by_hand = || {
        let load = async { Ok::<u32, ()>(1) };
        outcome(a.get_or_load("by hand", &1, &policy, load))
    };
    let told = [by_hand().await.1.served, by_hand().await.1.served];
    assert_eq!(told, [Served::Loaded, Served::Memory]);
}

#[tokio::test]
async fn of_a_call_that_calls_others_it_is_its_own() {
    let cache = Cache::memory();
    let origin = Semaphore::new(1);
    cache
        .scope(async {
            value(&origin, 4).await.unwrap();
            // The inner one is a hit.
            assert_eq!(outcome(outer(&origin, 4)).await.1.served, Served::Loaded);
            assert_eq!(outcome(outer(&origin, 4)).await.1.served, Served::Memory);
        })
        .await;
}

#[tokio::test]
async fn a_refresh_in_the_background_is_nobodys_outcome() {
    let (cache, clock) = on_a_clock();
    cache
        .scope(async {
            refreshed(5).await;
            clock.advance(Duration::from_secs(150));
            let ((), told) = outcome(async {
                refreshed(5).await;
                let fresh = async || cache.stats().namespace("background").unwrap().loads == 2;
                until(LIMIT, fresh).await;
            })
            .await;
            assert_eq!(told.served, Served::Stale);
        })
        .await;
}
