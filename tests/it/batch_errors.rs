//! What a `batch` does with errors, of its own and of others, and with what is not there.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, CacheKey, LoadTimeout, bypass, cached};
use tokio::sync::Semaphore;

use crate::{on_a_clock, server, until};

const LIMIT: Duration = Duration::from_secs(10);

/// Notes for which ids bodies run, and holds them until they may go.
struct Origin {
    asked: Mutex<Vec<Vec<u64>>>,
    go: Semaphore,
}

impl Origin {
    fn new(go: usize) -> Self {
        Self {
            asked: Mutex::default(),
            go: Semaphore::new(go),
        }
    }

    async fn ask(&self, ids: &[u64]) {
        self.asked.lock().unwrap().push(ids.to_vec());
        self.go.acquire().await.unwrap().forget();
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

/// Ids from 100 on are an error.
fn found<E>(ids: &[u64], error: E) -> Result<HashMap<u64, u64>, E> {
    match ids.iter().any(|id| *id >= 100) {
        true => Err(error),
        false => Ok(ids
            .iter()
            .filter(|id| **id < 50)
            .map(|id| (*id, *id))
            .collect()),
    }
}

#[cached(ns = "own", ttl = "1h", batch = ids, skip(origin))]
async fn own(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, u64>, String> {
    origin.ask(ids).await;
    found(ids, "no".to_owned())
}

#[cached(ns = "remembers", ttl = "1h", error_ttl = "1m", batch = ids, skip(origin))]
async fn remembers(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, u64>, String> {
    origin.ask(ids).await;
    found(ids, "no".to_owned())
}

#[cached(
    ns = "one",
    ttl = "1h",
    stale = "1h",
    error_ttl = "1m",
    jitter = 0.0,
    skip(origin)
)]
async fn one(origin: &Origin, id: u64) -> Result<u64, String> {
    origin.ask(&[id]).await;
    found(&[id], ())
        .ok()
        .and_then(|found| found.get(&id).copied())
        .ok_or_else(|| format!("no {id}"))
}

/// Another error than that of the fn whose entries it shares.
#[derive(Clone, Debug, PartialEq)]
struct Other;

#[cached(batch(id in ids), batch_of = one_entry(*id))]
async fn ones(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, u64>, Other> {
    origin.ask(ids).await;
    found(ids, Other)
}

#[tokio::test]
async fn an_error_without_a_cache_is_returned() {
    let (cache, origin) = (Cache::memory(), Origin::new(9));
    let failed = Err("no".to_owned());
    assert_eq!(cache.scope(bypass(own(&origin, &[1, 100]))).await, failed);
    assert_eq!(
        cache.scope(bypass(remembers(&origin, &[1, 100]))).await,
        failed
    );
    cache.close().await.unwrap();
    assert_eq!(cache.scope(own(&origin, &[1, 100])).await, failed);
}

#[tokio::test]
async fn another_calls_error_is_not_this_calls_and_each_fn_has_its_own() {
    let (cache, origin) = (Cache::memory(), Origin::new(0));
    let (single, many, ()) = cache
        .scope(async {
            let many = async {
                origin.until_asked(1).await;
                ones(&origin, &[1, 60]).await
            };
            let go = async {
                origin.until_asked(2).await;
                origin.go.add_permits(9);
            };
            tokio::join!(one(&origin, 60), many, go)
        })
        .await;
    assert_eq!(
        (single, many),
        (Err("no 60".to_owned()), Ok(HashMap::from([(1, 1)])))
    );
    assert_eq!(origin.asked(), [vec![60], vec![1], vec![60]]);
    // The single fn's error is remembered, and is none of the batch's.
    assert_eq!(cache.scope(one(&origin, 60)).await, Err("no 60".to_owned()));
    assert_eq!(cache.scope(ones(&origin, &[60, 100])).await, Err(Other));
    assert_eq!(
        cache.scope(one(&origin, 100)).await,
        Err("no 100".to_owned())
    );
}

#[tokio::test]
async fn an_error_of_a_batch_is_remembered_where_it_says_so() {
    let (cache, origin) = (Cache::memory(), Origin::new(9));
    for _ in 0..3 {
        assert_eq!(
            cache.scope(remembers(&origin, &[1, 100])).await,
            Err("no".to_owned())
        );
    }
    assert_eq!(origin.asked(), [[1, 100]]);
    assert_eq!(
        cache.scope(remembers(&origin, &[2])).await,
        Ok(HashMap::from([(2, 2)]))
    );
}

#[tokio::test]
async fn what_is_not_there_is_no_failure_and_no_older_value_stands_for_it() {
    let (cache, clock) = on_a_clock();
    let origin = Origin::new(1);
    cache
        .scope(async {
            one_entry(60).put(60).await.unwrap();
            clock.advance(Duration::from_secs(3_601));
            assert_eq!(ones(&origin, &[60]).await, Ok(HashMap::new()), "it is gone");
            let calls = (0..20).map(|_| ones(&origin, &[61]));
            let follow = || async { cache.stats().namespace("one").unwrap().followers == 19 };
            let go = async {
                until(LIMIT, follow).await;
                origin.go.add_permits(1);
            };
            let (all, ()) = tokio::join!(futures_util::future::join_all(calls), go);
            assert!(all.iter().all(|found| found == &Ok(HashMap::new())));
        })
        .await;
    assert_eq!(
        origin.asked(),
        [[60], [61]],
        "they share that it is not there"
    );
    let row = cache.stats().namespace("one").unwrap().clone();
    assert_eq!((row.failed_loads, row.stale_on_error), (0, 0));
}

#[cached(ns = "late", ttl = "1h", load_timeout = "300ms", batch = ids, skip(origin))]
async fn late(origin: &Origin, ids: &[u64]) -> Result<HashMap<u64, u64>, Late> {
    origin.ask(ids).await;
    found(ids, Late(false))
}

#[derive(Clone, Debug, PartialEq)]
struct Late(bool);

impl From<LoadTimeout> for Late {
    fn from(_: LoadTimeout) -> Self {
        Self(true)
    }
}

/// It sleeps, as a limit is of real time, kept outside the runtime: each run takes 200 ms of its 300,
/// and both together more than one limit.
#[tokio::test]
async fn the_limit_is_that_of_each_run_of_the_body() {
    let (cache, origin) = (Cache::memory(), Origin::new(0));
    cache
        .scope(async {
            let mut first = Box::pin(late(&origin, &[2]));
            tokio::select! {
                _ = &mut first => unreachable!("it is held"),
                () = origin.until_asked(1) => {}
            }
            let second = late(&origin, &[1, 2]);
            let rest = async {
                origin.until_asked(2).await;
                drop(first);
                tokio::time::sleep(Duration::from_millis(200)).await;
                origin.go.add_permits(1);
                origin.until_asked(3).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
                origin.go.add_permits(1);
            };
            let (second, ()) = tokio::join!(second, rest);
            assert_eq!(second, Ok(HashMap::from([(1, 1), (2, 2)])));
            assert_eq!(late(&origin, &[3]).await, Err(Late(true)));
        })
        .await;
    assert_eq!(origin.asked(), [vec![2], vec![1], vec![2], vec![3]]);
}

#[tokio::test]
async fn nobody_waits_for_an_id_that_a_call_can_t_load_yet() {
    let (cache, origin) = (Cache::memory(), Origin::new(0));
    cache
        .scope(async {
            let mut first = Box::pin(own(&origin, &[2]));
            tokio::select! {
                _ = &mut first => unreachable!("it is held"),
                () = origin.until_asked(1) => {}
            }
            let second = own(&origin, &[1, 2]);
            let third = async {
                origin.until_asked(2).await;
                drop(first);
                tokio::task::yield_now().await;
                let third = own(&origin, &[2]);
                let go = async {
                    // The body for 1 is held still.
                    origin.until_asked(3).await;
                    origin.go.add_permits(9);
                };
                tokio::join!(third, go).0
            };
            let (second, third) = tokio::join!(second, third);
            assert_eq!(second, Ok(HashMap::from([(1, 1), (2, 2)])));
            assert_eq!(third, Ok(HashMap::from([(2, 2)])));
        })
        .await;
    assert_eq!(origin.asked(), [vec![2], vec![1], vec![2]]);
}

#[cached(ns = "outer", ttl = "1h", batch = ids)]
async fn outer(ids: &[u64], depth: u32) -> HashMap<u64, u64> {
    if depth > 0 {
        Box::pin(inner(&[77], depth)).await;
    }
    ids.iter().map(|id| (*id, *id)).collect()
}

#[cached(ns = "inner", ttl = "1h", batch = ids, skip(depth))]
async fn inner(ids: &[u64], depth: u32) -> HashMap<u64, u64> {
    let _ = depth;
    // The same entry as the one around it.
    let found = Box::pin(outer_of_one(&[1])).await;
    ids.iter().map(|id| (*id, found.len() as u64)).collect()
}

#[cached(batch(id in ids), batch_of = outer_entry(id, 1))]
async fn outer_of_one(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, 0)).collect()
}

#[tokio::test]
async fn a_call_within_a_call_within_a_load_does_not_wait_for_that_load() {
    let began = Instant::now();
    Cache::memory().scope(outer(&[1], 1)).await;
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "it did not wait for itself"
    );
}

#[derive(Clone, Debug, CacheKey)]
struct Blind(String);

impl PartialEq for Blind {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Blind {}

impl Hash for Blind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_lowercase().hash(state);
    }
}

#[cached(ns = "blind", ttl = "1h", batch = ids)]
async fn blind(ids: &[Blind]) -> HashMap<Blind, usize> {
    ids.iter().map(|id| (id.clone(), id.0.len())).collect()
}

#[tokio::test]
async fn ids_that_are_equal_to_the_map_and_not_to_the_key_have_each_their_value() {
    let cache = Cache::memory();
    cache
        .scope(async {
            let ids = ["a", "A"].map(|id| Blind(id.to_owned()));
            assert_eq!(blind(&ids).await.len(), 1, "as the map has it");
            assert_eq!(blind(&ids[1..]).await.len(), 1);
        })
        .await;
}

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "large", ttl = "1h", batch = ids)]
async fn large(ids: &[u64]) -> Vec<Option<u64>> {
    RUNS.fetch_add(1, Ordering::SeqCst);
    ids.iter().map(|id| Some(*id)).collect()
}

#[tokio::test]
async fn many_thousands_are_stored_all_and_a_task_may_have_the_call() {
    let server = server().await;
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    // Other tests may have the processor meanwhile.
    let long = Duration::from_secs(60);
    let builder = builder.op_timeout(long).allowance(long).lease(long);
    let cache = builder.build().unwrap();
    let ids: Vec<u64> = (0..5_000).collect();
    for _ in 0..2 {
        let (cache, ids) = (cache.clone(), ids.clone());
        let call = tokio::spawn(async move { cache.scope(large(&ids)).await.len() });
        assert_eq!(call.await.unwrap(), 5_000);
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
    assert_eq!(cache.stats().namespace("large").unwrap().stores, 5_000);
}

static IS_GONE: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "gone", ttl = "1h")]
async fn row(id: u64) -> u64 {
    id
}

#[cached(batch(id in ids), batch_of = row_entry(*id))]
async fn rows(ids: &[u64]) -> HashMap<u64, u64> {
    match IS_GONE.load(Ordering::SeqCst) {
        0 => ids.iter().map(|id| (*id, *id)).collect(),
        _ => HashMap::new(),
    }
}

#[tokio::test]
async fn a_reload_that_finds_nothing_takes_away_what_was_there() {
    let server = server().await;
    let on = |bytes| {
        Cache::builder()
            .url(server.url())
            .memory_bytes(bytes)
            .build()
            .unwrap()
    };
    for cache in [Cache::memory(), on(1 << 20), on(0)] {
        cache
            .scope(async {
                IS_GONE.store(0, Ordering::SeqCst);
                assert_eq!(rows(&[7]).await.len(), 1);
                IS_GONE.store(1, Ordering::SeqCst);
                assert_eq!(rows(&[7]).await.len(), 1, "a hit");
                assert_eq!(row_entry(7).refresh(rows(&[7])).await.len(), 0);
                assert_eq!(rows(&[7]).await.len(), 0, "it is gone for the next as well");
                assert_eq!(row_entry(7).get().await, None);
                assert_eq!(row(7).await, 7);
            })
            .await;
        assert_eq!(cache.stats().namespace("gone").unwrap().failed_loads, 0);
    }
}
