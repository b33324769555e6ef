//! Which calls a hit serves: `valid_if` by the call's arguments, and `fresh`, by which a call reloads.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, bypass, cache_put, cached};
use cache_tests::Server;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Prediction {
    features: Vec<f64>,
    run: u32,
}

/// Counts its runs, of which it lets one go for each permit.
struct Model {
    runs: AtomicU32,
    go: Semaphore,
    fails: bool,
}

impl Model {
    fn new() -> Self {
        Self {
            runs: AtomicU32::new(0),
            go: Semaphore::new(1_000),
            fails: false,
        }
    }

    fn failing() -> Self {
        Self {
            fails: true,
            ..Self::new()
        }
    }

    fn held() -> Self {
        Self {
            go: Semaphore::new(0),
            ..Self::new()
        }
    }

    async fn run(&self, features: &[f64]) -> Result<Prediction, String> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        self.go.acquire().await.unwrap().forget();
        match self.fails {
            true => Err("no model".to_owned()),
            false => Ok(Prediction {
                features: features.to_vec(),
                run,
            }),
        }
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

fn drift(old: &[f64], new: &[f64]) -> f64 {
    let apart = old.iter().zip(new).map(|(old, new)| (old - new).abs());
    apart.sum()
}

#[cached(
    ns = "drift",
    ttl = "1h",
    stale = "1h",
    jitter = 0.0,
    valid_if = |prediction| drift(&prediction.features, &features) < 0.1,
    skip(model, features),
)]
async fn predict(model: &Model, id: u32, features: Vec<f64>) -> Result<Prediction, String> {
    let _ = id;
    model.run(&features).await
}

struct Near(f64);

#[cached(
    ns = "near",
    ttl = "1h",
    valid_if = |prediction: &Prediction| drift(&prediction.features, &[*near]) < 0.1,
    skip(model, near),
)]
async fn nearby(model: &Model, id: u32, Near(near): Near) -> Prediction {
    let _ = id;
    model.run(&[near]).await.unwrap()
}

struct Versions {
    current: u32,
    model: Model,
}

impl Versions {
    #[cached(ns = "versions", ttl = "1h", valid_if = |seen| *seen == self.current, skip(self))]
    async fn seen(&self, id: u32) -> u32 {
        let _ = id;
        self.model.runs.fetch_add(1, Ordering::SeqCst);
        self.current
    }
}

fn has_run(prediction: &Prediction) -> bool {
    prediction.run > 0
}

#[cached(ns = "fresh", ttl = "1h", fresh = reload, valid_if = has_run, skip(model, reload))]
async fn report(model: &Model, id: u32, reload: bool) -> Result<Prediction, String> {
    let _ = id;
    model.run(&[]).await
}

fn caches(server: &Server) -> [Cache; 3] {
    let redis = || Cache::builder().url(server.url());
    [
        Cache::memory(),
        redis().build().unwrap(),
        redis().prefix("bare").memory_bytes(0).build().unwrap(),
    ]
}

fn refused(cache: &Cache, namespace: &str) -> u64 {
    let stats = cache.stats();
    stats.namespace(namespace).unwrap().misses.refused
}

#[tokio::test]
async fn a_hit_serves_the_calls_that_it_is_valid_for() {
    let server = server().await;
    for cache in caches(&server) {
        let model = Model::new();
        let ask = async |at: f64| cache.scope(predict(&model, 1, vec![at])).await.unwrap().run;
        assert_eq!((ask(1.0).await, ask(1.05).await), (1, 1));
        // It has drifted, and its value takes the place of the other's.
        assert_eq!((ask(2.0).await, ask(2.05).await), (2, 2));
        assert_eq!(ask(1.0).await, 3);
        assert_eq!((model.runs(), refused(&cache, "drift")), (3, 2));
        let stats = cache.stats();
        // A value that is refused was a hit, and one hit.
        assert_eq!(stats.namespace("drift").unwrap().hits(), 4);
    }
}

#[tokio::test]
async fn all_who_refuse_one_value_wait_for_one_load() {
    let server = server().await;
    for cache in caches(&server) {
        let (first, second) = (Model::new(), Model::held());
        cache.scope(predict(&first, 2, vec![1.0])).await.unwrap();
        let all = async {
            let calls = (0..40).map(|_| cache.scope(predict(&second, 2, vec![5.0])));
            let calls = futures_util::future::join_all(calls);
            let let_go = async {
                let waiting = async || {
                    let stats = cache.stats();
                    stats.namespace("drift").unwrap().waiting == 39
                };
                until(LIMIT, waiting).await;
                second.go.add_permits(1_000);
            };
            tokio::join!(calls, let_go)
        };
        let (calls, ()) = all.await;
        assert!(
            calls
                .iter()
                .all(|call| call.as_ref().unwrap().features == [5.0])
        );
        assert_eq!((first.runs(), second.runs()), (1, 1));
    }
}

#[tokio::test]
async fn two_processes_that_refuse_one_value_load_once() {
    let server = server().await;
    let caches = [(); 2].map(|()| Cache::builder().url(server.url()).build().unwrap());
    let (first, second) = (Model::new(), Model::held());
    for cache in &caches {
        cache.scope(predict(&first, 3, vec![1.0])).await.unwrap();
    }
    let calls = caches
        .each_ref()
        .map(|cache| cache.scope(predict(&second, 3, vec![5.0])));
    let let_go = async {
        let both = async || {
            let refused = caches.each_ref().map(|cache| refused(cache, "drift"));
            refused == [1, 1]
        };
        until(LIMIT, both).await;
        second.go.add_permits(1_000);
    };
    let [a, b] = calls;
    let (a, b, ()) = tokio::join!(a, b, let_go);
    assert_eq!((a.unwrap().run, b.unwrap().run), (1, 1));
    assert_eq!((first.runs(), second.runs()), (1, 1));
}

/// They would refuse each other's values for ever.
#[tokio::test]
async fn calls_that_agree_on_no_value_each_get_their_own() {
    let server = server().await;
    for cache in caches(&server) {
        let model = Model::new();
        cache.scope(predict(&model, 4, vec![0.0])).await.unwrap();
        let calls = (1..9).map(|at| cache.scope(predict(&model, 4, vec![f64::from(at)])));
        let calls = futures_util::future::join_all(calls);
        let given = tokio::time::timeout(LIMIT, calls).await.unwrap();
        for (at, given) in (1..9).zip(given) {
            assert_eq!(given.unwrap().features, [f64::from(at)]);
        }
        assert_eq!(model.runs(), 9);
    }
}

#[tokio::test]
async fn where_the_load_fails_its_error_is_returned_and_no_value_that_was_refused() {
    let server = server().await;
    for cache in caches(&server) {
        let (model, broken) = (Model::new(), Model::failing());
        let old = cache.scope(predict(&model, 5, vec![1.0])).await.unwrap();
        let failed = cache.scope(predict(&broken, 5, vec![9.0])).await;
        assert_eq!(failed, Err("no model".to_owned()));
        // It is as valid for the others as before.
        assert_eq!(cache.scope(predict(&broken, 5, vec![1.0])).await, Ok(old));
        assert_eq!((model.runs(), broken.runs()), (1, 1));
    }
}

#[tokio::test]
async fn a_stale_value_that_is_refused_stands_in_for_no_failed_load() {
    let (cache, clock) = on_a_clock();
    let (model, broken) = (Model::new(), Model::failing());
    cache.scope(predict(&model, 6, vec![1.0])).await.unwrap();
    clock.advance(Duration::from_secs(3_700));
    let ask = async |at| cache.scope(predict(&broken, 6, vec![at])).await;
    assert!(ask(9.0).await.is_err());
    assert_eq!(ask(1.0).await.unwrap().run, 1);
}

#[tokio::test]
async fn it_sees_what_a_pattern_binds_and_self_and_may_be_a_fn() {
    let cache = Cache::memory();
    cache
        .scope(async {
            let model = Model::new();
            let runs = [1.0, 1.05, 3.0, 3.0].map(async |at| nearby(&model, 7, Near(at)).await.run);
            assert_eq!(futures_util::future::join_all(runs).await, [1, 1, 2, 2]);
            let mut versions = Versions {
                current: 1,
                model: Model::new(),
            };
            for (current, runs) in [(1, 1), (1, 1), (2, 2), (2, 2)] {
                versions.current = current;
                assert_eq!(versions.seen(7).await, current);
                assert_eq!(versions.model.runs(), runs);
            }
            let model = Model::new();
            for _ in 0..2 {
                assert_eq!(report(&model, 7, false).await.unwrap().run, 1);
            }
        })
        .await;
}

#[tokio::test]
async fn without_a_cache_every_call_runs_whatever_they_say() {
    let model = Model::new();
    for run in 1..3 {
        let given = bypass(predict(&model, 8, vec![1.0])).await.unwrap();
        assert_eq!(given.run, run);
    }
    for run in 3..5 {
        let given = bypass(report(&model, 8, true)).await.unwrap();
        assert_eq!(given.run, run);
    }
}

#[tokio::test]
async fn a_fresh_call_reloads_what_the_others_are_served() {
    let server = server().await;
    for cache in caches(&server) {
        let model = Model::new();
        let ask = async |reload| cache.scope(report(&model, 9, reload)).await.unwrap().run;
        assert_eq!((ask(false).await, ask(false).await), (1, 1));
        assert_eq!((ask(true).await, ask(false).await), (2, 2));
        assert_eq!((ask(true).await, ask(false).await), (3, 3));
        let stats = cache.stats();
        assert_eq!(stats.namespace("fresh").unwrap().misses.refresh, 2);
    }
}

#[cached(ns = "reloaded", ttl = "1h", fresh = reload, skip(model, reload))]
async fn reloaded(model: &Model, id: u32, reload: bool) -> Result<Prediction, String> {
    let _ = id;
    model.run(&[]).await
}

#[cache_put(entry = reloaded_entry(id))]
async fn replace(id: u32, run: u32) -> Result<Prediction, String> {
    let _ = id;
    Ok(Prediction {
        features: Vec::new(),
        run,
    })
}

#[tokio::test]
async fn a_reload_stores_nothing_over_what_was_written_since_it_began() {
    let server = server().await;
    for cache in caches(&server) {
        for by_put in [true, false] {
            let (slow, quick) = (Model::held(), Model::new());
            let reload = cache.scope(reloaded(&slow, 10, true));
            let write = async {
                until(LIMIT, async || slow.runs() == 1).await;
                match by_put {
                    true => drop(cache.scope(replace(10, 70)).await.unwrap()),
                    // Another reload, which began later.
                    false => {
                        quick.runs.store(69, Ordering::SeqCst);
                        cache.scope(reloaded(&quick, 10, true)).await.unwrap();
                    }
                }
                slow.go.add_permits(1);
            };
            let (reloaded_to, ()) = tokio::join!(reload, write);
            assert_eq!(reloaded_to.unwrap().run, 1);
            let now = cache.scope(reloaded(&quick, 10, false)).await.unwrap();
            assert_eq!(now.run, 70, "by a put: {by_put}");
        }
    }
}

#[tokio::test]
async fn a_reload_that_fails_takes_nothing_away() {
    let server = server().await;
    for cache in caches(&server) {
        let (works, fails) = (Model::new(), Model::failing());
        let old = cache.scope(reloaded(&works, 11, false)).await.unwrap();
        cache.scope(reloaded(&fails, 11, true)).await.unwrap_err();
        assert_eq!(cache.scope(reloaded(&fails, 11, false)).await, Ok(old));
        assert_eq!((works.runs(), fails.runs()), (1, 1));
    }
}
