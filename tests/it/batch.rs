//! `batch`: many ids at once, each with an entry of its own, and one run of the body for what no tier has.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, LoadTimeout, Served, bypass, cached, outcome};
use cache_tests::Server;
use tokio::sync::Semaphore;

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(10);

/// An origin that has every id below 100, and notes for which it was asked.
struct Origin {
    asked: Mutex<Vec<Vec<u64>>>,
    go: Semaphore,
    /// How many loads more fail, as they end.
    fails: AtomicU32,
}

impl Origin {
    fn new() -> Self {
        Self {
            asked: Mutex::default(),
            go: Semaphore::new(1_000),
            fails: AtomicU32::new(0),
        }
    }

    fn held() -> Self {
        Self {
            go: Semaphore::new(0),
            ..Self::new()
        }
    }

    async fn load(&self, ids: &[u64]) -> Result<HashMap<u64, String>, String> {
        self.asked.lock().unwrap().push(ids.to_vec());
        self.go.acquire().await.unwrap().forget();
        let fewer = |fails: u32| fails.checked_sub(1);
        match self
            .fails
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer)
        {
            Ok(_) => Err("no origin".to_owned()),
            Err(_) => Ok(named(ids.iter().copied().filter(|id| *id < 100))),
        }
    }

    fn asked(&self) -> Vec<Vec<u64>> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    async fn until_asked(&self, times: usize) {
        until(LIMIT, || async {
            self.asked.lock().unwrap().len() == times
        })
        .await;
    }
}

fn name(id: u64) -> String {
    format!("user {id}")
}

fn named(ids: impl IntoIterator<Item = u64>) -> HashMap<u64, String> {
    ids.into_iter().map(|id| (id, name(id))).collect()
}

#[cached(ns = "users", ttl = "1h", jitter = 0.0, batch(id in ids), tags = ["user:{id}", "users"], skip(origin))]
async fn users(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, String>, String> {
    origin.load(ids).await
}

#[cached(ns = "one", ttl = "1h", jitter = 0.0, tags = ["one:{id}"], skip(origin))]
async fn one(origin: &Origin, id: u64) -> Result<String, String> {
    let mut found = origin.load(&[id]).await?;
    found.remove(&id).ok_or_else(|| "none".to_owned())
}

#[cached(batch(id in ids), batch_of = one_entry(*id))]
async fn ones(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, String>, String> {
    origin.load(ids).await
}

/// On memory, before Redis, and on Redis alone.
async fn caches(server: &Server) -> [Cache; 3] {
    let on = |bytes| {
        Cache::builder()
            .url(server.url())
            .memory_bytes(bytes)
            .build()
            .unwrap()
    };
    [Cache::memory(), on(1 << 20), on(0)]
}

#[tokio::test]
async fn the_body_runs_once_with_the_ids_that_no_tier_has() {
    let server = server().await;
    for cache in caches(&server).await {
        cache.namespace("users").invalidate().await.unwrap();
        let origin = Origin::new();
        cache
            .scope(async {
                assert_eq!(users(&origin, &[3, 1, 2, 3]).await, Ok(named(1..4)));
                assert_eq!(origin.asked(), [[3, 1, 2]]);
                assert_eq!(users(&origin, &[5, 1, 4, 2]).await, Ok(named([1, 2, 4, 5])));
                assert_eq!(origin.asked(), [[5, 4]]);
                assert_eq!(users(&origin, &[1, 2, 3, 4, 5]).await, Ok(named(1..6)));
                assert_eq!(users(&origin, &[]).await, Ok(HashMap::new()));
                assert_eq!(origin.asked(), Vec::<Vec<u64>>::new());
            })
            .await;
        let row = cache.stats().namespace("users").unwrap().clone();
        assert_eq!(row.loads, 5, "one for each id");
    }
}

#[tokio::test]
async fn an_id_that_is_found_nowhere_is_remembered_and_one_that_is_invalidated_is_loaded_again() {
    let server = server().await;
    for cache in caches(&server).await {
        cache.namespace("users").invalidate().await.unwrap();
        let origin = Origin::new();
        cache
            .scope(async {
                for _ in 0..2 {
                    assert_eq!(users(&origin, &[1, 100, 2]).await, Ok(named([1, 2])));
                }
                assert_eq!(origin.asked(), [[1, 100, 2]]);
                cache.tag("user:2").invalidate().await.unwrap();
                users_entry(&100).invalidate().await.unwrap();
                assert_eq!(users(&origin, &[1, 100, 2]).await, Ok(named([1, 2])));
                assert_eq!(origin.asked(), [[100, 2]]);
                assert_eq!(users_entry(&2).get().await, Some(Some(name(2))));
                assert_eq!(users_entry(&100).get().await, Some(None));
                users_entry(&100)
                    .put(Some("hundred".to_owned()))
                    .await
                    .unwrap();
                assert_eq!(users(&origin, &[100]).await.unwrap()[&100], "hundred");
                cache.tag("users").invalidate().await.unwrap();
                assert_eq!(users(&origin, &[2, 1]).await, Ok(named([1, 2])));
                assert_eq!(origin.asked(), [[2, 1]]);
            })
            .await;
    }
}

#[tokio::test]
async fn it_shares_the_entries_of_a_fn_of_one_id() {
    let server = server().await;
    for cache in caches(&server).await {
        cache.namespace("one").invalidate().await.unwrap();
        let origin = Origin::new();
        cache
            .scope(async {
                assert_eq!(one(&origin, 1).await, Ok(name(1)));
                assert_eq!(ones(&origin, &[1, 2, 100]).await, Ok(named([1, 2])));
                assert_eq!(one(&origin, 2).await, Ok(name(2)));
                assert_eq!(origin.asked(), [vec![1], vec![2, 100]]);
                // Its entries hold no value for what is not there.
                assert_eq!(ones(&origin, &[2, 100]).await, Ok(named([2])));
                assert_eq!(origin.asked(), [[100]]);
                cache.tag("one:1").invalidate().await.unwrap();
                assert_eq!(ones(&origin, &[2, 1]).await, Ok(named([1, 2])));
                assert_eq!(origin.asked(), [[1]]);
            })
            .await;
    }
}

#[tokio::test]
async fn those_that_another_call_loads_are_waited_for_and_no_two_calls_for_each_other() {
    let server = server().await;
    for cache in caches(&server).await {
        cache.namespace("users").invalidate().await.unwrap();
        let origin = Origin::held();
        let began = Instant::now();
        let calls = cache.scope(async {
            let first = users(&origin, &[1, 2, 3]);
            let second = async {
                origin.until_asked(1).await;
                users(&origin, &[4, 3, 2]).await
            };
            let third = async {
                origin.until_asked(2).await;
                let third = users(&origin, &[4, 1]);
                let go = async {
                    origin.go.add_permits(10);
                };
                tokio::join!(third, go).0
            };
            tokio::join!(first, second, third)
        });
        let (first, second, third) = calls.await;
        assert_eq!(
            (first, second, third),
            (Ok(named(1..4)), Ok(named(2..5)), Ok(named([1, 4])))
        );
        assert_eq!(origin.asked(), [vec![1, 2, 3], vec![4]]);
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "nobody waited in vain"
        );
    }
}

#[tokio::test]
async fn of_two_processes_each_id_is_loaded_by_one() {
    let server = server().await;
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let (here, there, origin) = (cache(), cache(), Origin::held());
    let began = Instant::now();
    let (first, second, ()) = tokio::join!(
        here.scope(users(&origin, &[1, 2, 3])),
        there.scope(async {
            origin.until_asked(1).await;
            users(&origin, &[3, 4, 1]).await
        }),
        async {
            origin.until_asked(2).await;
            origin.go.add_permits(10);
        },
    );
    assert_eq!((first, second), (Ok(named(1..4)), Ok(named([1, 3, 4]))));
    assert_eq!(origin.asked(), [vec![1, 2, 3], vec![4]]);
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "nobody waited in vain"
    );
}

#[tokio::test]
async fn an_error_is_that_of_all_who_wait_for_a_value_of_the_load() {
    let (cache, origin) = (Cache::memory(), Origin::held());
    origin.fails.store(u32::MAX, Ordering::SeqCst);
    let (first, second, alone) = cache
        .scope(async {
            let second = async {
                origin.until_asked(1).await;
                users(&origin, &[2, 3]).await
            };
            let alone = async {
                origin.until_asked(2).await;
                origin.go.add_permits(10);
            };
            tokio::join!(users(&origin, &[1, 2]), second, alone)
        })
        .await;
    let error = Err("no origin".to_owned());
    assert_eq!((first, second, alone), (error.clone(), error, ()));
    assert_eq!(origin.asked(), [vec![1, 2], vec![3]]);
    origin.fails.store(0, Ordering::SeqCst);
    assert_eq!(cache.scope(users(&origin, &[1])).await, Ok(named([1])));
}

/// An error that can't be shared.
#[derive(Debug, PartialEq)]
struct Own(*const u8);

#[cached(ns = "own", ttl = "1h", batch = ids, skip(origin))]
async fn own(origin: &Origin, ids: Vec<u64>) -> Result<BTreeMap<u64, String>, Own> {
    let found = origin.load(&ids).await.map_err(|_| Own(std::ptr::null()))?;
    Ok(found.into_iter().collect())
}

#[tokio::test]
async fn who_can_t_be_told_of_an_error_loads_for_itself() {
    let (cache, origin) = (Cache::memory(), Origin::held());
    origin.fails.store(1, Ordering::SeqCst);
    let (first, second, ()) = cache
        .scope(async {
            let second = async {
                origin.until_asked(1).await;
                own(&origin, vec![2, 3]).await
            };
            let go = async {
                origin.until_asked(2).await;
                origin.go.add_permits(1);
                until(LIMIT, || async { origin.fails.load(Ordering::SeqCst) == 0 }).await;
                origin.go.add_permits(10);
            };
            tokio::join!(own(&origin, vec![1, 2]), second, go)
        })
        .await;
    assert_eq!(first, Err(Own(std::ptr::null())));
    assert_eq!(second, Ok(BTreeMap::from_iter(named([2, 3]))));
    assert_eq!(
        origin.asked(),
        [vec![1, 2], vec![3], vec![2]],
        "it ran twice, with what it waited for in vain"
    );
}

#[cached(ns = "list", ttl = "1h", none_ttl = 0, batch = ids, skip(short))]
async fn listed(ids: &[&str], short: bool) -> Vec<Option<usize>> {
    let all = ids.iter().map(|id| (!id.is_empty()).then_some(id.len()));
    all.skip(usize::from(short)).collect()
}

#[tokio::test]
async fn a_list_is_in_the_order_of_the_ids_and_one_that_is_not_is_not_kept() {
    let cache = Cache::memory();
    cache
        .scope(async {
            // As the body returned it, which is for its author to mend.
            assert_eq!(listed(&["a", "b"], true).await, [Some(1)]);
            assert_eq!(
                listed(&["a", "bb", "", "a"], false).await,
                [Some(1), Some(2), None, Some(1)]
            );
            assert_eq!(listed(&["bb", ""], false).await, [Some(2), None]);
        })
        .await;
    let row = cache.stats().namespace("list").unwrap().clone();
    assert_eq!(row.stores, 2, "none_ttl = 0 keeps only what is there");
}

#[cached(ns = "stale", ttl = "10s", stale = "1h", jitter = 0.0, batch = ids, skip(origin))]
async fn stale(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, String>, String> {
    origin.load(ids).await
}

#[tokio::test]
async fn stale_values_are_served_where_the_origin_fails_for_all_that_it_was_asked_for() {
    let (cache, clock) = on_a_clock();
    let origin = Origin::new();
    cache
        .scope(async {
            assert_eq!(stale(&origin, &[1, 2]).await, Ok(named([1, 2])));
            clock.advance(Duration::from_secs(11));
            origin.fails.store(u32::MAX, Ordering::SeqCst);
            assert_eq!(stale(&origin, &[1, 2]).await, Ok(named([1, 2])));
            assert_eq!(stale(&origin, &[1, 3]).await, Err("no origin".to_owned()));
        })
        .await;
}

#[cached(ns = "late", ttl = "1h", load_timeout = "50ms", batch = ids, skip(origin))]
async fn late(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, String>, Late> {
    origin.load(ids).await.map_err(|_| Late(false))
}

#[derive(Clone, Debug, PartialEq)]
struct Late(bool);

impl From<LoadTimeout> for Late {
    fn from(_: LoadTimeout) -> Self {
        Self(true)
    }
}

#[tokio::test]
async fn a_load_past_its_limit_fails_for_all_its_ids() {
    let (cache, origin) = (Cache::memory(), Origin::held());
    cache
        .scope(async {
            assert_eq!(late(&origin, &[1, 2]).await, Err(Late(true)));
            origin.go.add_permits(10);
            assert_eq!(late(&origin, &[1, 2]).await, Ok(named([1, 2])));
        })
        .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_its_ids_to_others() {
    let (cache, origin) = (Cache::memory(), Origin::held());
    cache
        .scope(async {
            let mut first = Box::pin(users(&origin, &[1, 2]));
            tokio::select! {
                _ = &mut first => unreachable!("it is held"),
                () = origin.until_asked(1) => {}
            }
            let second = users(&origin, &[2, 3]);
            let rest = async {
                origin.until_asked(2).await;
                drop(first);
                origin.until_asked(2).await;
                origin.go.add_permits(10);
            };
            let (second, ()) = tokio::join!(second, rest);
            assert_eq!(second, Ok(named([2, 3])));
            assert_eq!(origin.asked(), [vec![1, 2], vec![3], vec![2]]);
        })
        .await;
}

#[cached(batch(id in ids), batch_of = one_entry(*id))]
async fn one_by_one(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, String>, String> {
    let mut found = HashMap::new();
    for id in ids {
        found.insert(*id, one(origin, *id).await?);
    }
    Ok(found)
}

#[tokio::test]
async fn a_body_may_call_the_fn_whose_entries_it_loads() {
    let server = server().await;
    for cache in caches(&server).await {
        cache.namespace("one").invalidate().await.unwrap();
        let (origin, began) = (Origin::new(), Instant::now());
        cache
            .scope(async {
                for _ in 0..2 {
                    assert_eq!(one_by_one(&origin, &[1, 2]).await, Ok(named([1, 2])));
                }
            })
            .await;
        assert_eq!(origin.asked(), [[1], [2]]);
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "it did not wait for itself"
        );
    }
}

#[tokio::test]
async fn without_a_cache_the_body_runs_with_all_ids() {
    let (cache, origin) = (Cache::memory(), Origin::new());
    cache
        .scope(async {
            for _ in 0..2 {
                assert_eq!(bypass(users(&origin, &[1, 1, 2])).await, Ok(named([1, 2])));
            }
        })
        .await;
    assert_eq!(origin.asked(), [[1, 1, 2], [1, 1, 2]]);
    cache.close().await.unwrap();
    assert_eq!(cache.scope(users(&origin, &[7])).await, Ok(named([7])));
}

#[cached(ns = "lives", ttl = "1h", jitter = 0.0, batch = ids, ttl_from = |ms| *ms)]
async fn lives(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

#[tokio::test]
async fn an_outcome_is_that_of_all_ids_together() {
    let (cache, _clock) = on_a_clock();
    cache
        .scope(async {
            let (_, nothing) = outcome(lives(&[])).await;
            assert_eq!(nothing.served, Served::Memory);
            lives(&[2, 3_000]).await;
            for ids in [[2, 3_000], [3_000, 2]] {
                let (_, hit) = outcome(lives(&ids)).await;
                assert_eq!((hit.served, hit.fresh_for.as_secs()), (Served::Memory, 2));
            }
            let (_, part) = outcome(lives(&[7, 3_000])).await;
            assert_eq!((part.served, part.fresh_for.as_secs()), (Served::Loaded, 7));
            let after = async {
                lives(&[9, 3_000]).await;
                lives(&[3_000]).await;
            };
            let ((), last) = outcome(after).await;
            assert_eq!(
                (last.served, last.fresh_for.as_secs()),
                (Served::Memory, 3_000)
            );
            let (_, around) = outcome(bypass(lives(&[7]))).await;
            assert_eq!(around.served, Served::Uncached);
        })
        .await;
}
