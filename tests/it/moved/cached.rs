//! Examples of `cached`.

use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, LoadTimeout, Served, cached, outcome};
use cache_tests::Server;
use tokio::join;

use super::{LIMIT, SECOND, served, words};
use crate::origin::Origin;
use crate::{server, until};

// One value for every argument: what `#[once]` is, and a `convert` to a constant.

#[cached(ttl = "forever")]
async fn warmed(shelf: u64) {
    let _ = shelf;
    tokio::task::yield_now().await;
}

#[cached(ttl = "1s", key = ())]
async fn of_this_second(word: &str) -> Result<Vec<String>, &'static dyn Error> {
    Ok(words(word))
}

#[cached(ttl = "forever", skip(word, fails))]
async fn first(word: &str, fails: bool) -> Result<Vec<String>, u32> {
    if fails { Err(404) } else { Ok(words(word)) }
}

#[cached(ttl = "1s", skip(word, fails))]
async fn first_of_a_second(word: &str, fails: bool) -> Result<Vec<String>, u32> {
    if fails { Err(404) } else { Ok(words(word)) }
}

#[cached(ttl = "forever", none_ttl = 0, skip(word))]
async fn found(word: Option<&str>) -> Option<Vec<String>> {
    word.map(words)
}

#[cached(ttl = "1s", none_ttl = 0, skip(word))]
async fn found_this_second(word: Option<&str>) -> Option<Vec<String>> {
    word.map(words)
}

#[cached(ttl = "1s", skip(word))]
async fn any(word: &str) -> Vec<String> {
    words(word)
}

#[cached(ttl = "2s", skip(word))]
async fn of_one_run(word: &str) -> Vec<String> {
    tokio::task::yield_now().await;
    words(word)
}

#[tokio::test]
async fn a_function_that_returns_nothing_runs_once_for_its_arguments() {
    let test = Cache::testing();
    test.run(async {
        for shelf in [2, 2, 3, 2] {
            warmed(shelf).await;
        }
        test.advance(LIMIT * 1_000);
        warmed(2).await;
    })
    .await;
    assert_eq!(test.loads(&warmed), 2);
}

#[tokio::test]
async fn a_skipped_argument_is_ignored_until_the_ttl_ends() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(of_this_second("oak").await.unwrap(), words("oak"));
        assert_eq!(of_this_second("elm").await.unwrap(), words("oak"));
        assert_eq!(
            (any("oak").await, any("elm").await),
            (words("oak"), words("oak"))
        );
        test.advance(SECOND);
        assert_eq!(of_this_second("elm").await.unwrap(), words("elm"));
        assert_eq!(any("elm").await, words("elm"));
    })
    .await;
}

#[tokio::test]
async fn the_first_ok_is_kept_and_no_error() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(first("oak", true).await, Err(404));
        assert_eq!(first_of_a_second("oak", true).await, Err(404));
        for word in ["ash", "elm"] {
            assert_eq!(first(word, false).await, Ok(words("ash")));
            assert_eq!(first_of_a_second(word, false).await, Ok(words("ash")));
        }
        assert_eq!(
            first("oak", true).await,
            Ok(words("ash")),
            "a hit asks nobody"
        );
        test.advance(SECOND);
        assert_eq!(first("elm", false).await, Ok(words("ash")));
        assert_eq!(first_of_a_second("elm", false).await, Ok(words("elm")));
    })
    .await;
}

#[tokio::test]
async fn the_first_some_is_kept_and_no_none() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(
            (found(None).await, found_this_second(None).await),
            (None, None)
        );
        for word in [Some("ash"), Some("elm"), None] {
            assert_eq!(found(word).await, Some(words("ash")));
            assert_eq!(found_this_second(word).await, Some(words("ash")));
        }
        test.advance(SECOND);
        assert_eq!(found(Some("elm")).await, Some(words("ash")));
        assert_eq!(found_this_second(Some("elm")).await, Some(words("elm")));
    })
    .await;
}

#[tokio::test]
async fn callers_at_one_time_share_one_run() {
    let test = Cache::testing();
    let (oak, elm) = test
        .run(async { join!(of_one_run("oak"), of_one_run("elm")) })
        .await;
    assert_eq!((oak, elm), (words("oak"), words("oak")));
    assert_eq!(test.loads(&of_one_run), 1);
}

// Redis, of a process and of another.

#[cached(ns = "moved report", ttl = "30s")]
async fn report(month: u64) -> Result<(), String> {
    let _ = month;
    Ok(())
}

/// Each hit lengthens its life.
#[cached(ns = "moved label", ttl = "1s", sliding = "forever")]
async fn label(id: u64) -> Result<String, String> {
    Ok(format!("label {id}"))
}

#[cached(ns = "moved name", ttl = "30s")]
async fn name(id: u64) -> Result<String, String> {
    Ok(format!("name {id}"))
}

/// On a server that a busy machine is no outage of.
fn on(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url());
    cache.op_timeout(Duration::from_secs(5)).build().unwrap()
}

#[tokio::test]
async fn what_one_process_stored_another_reads_from_redis_and_then_from_memory() {
    let server = server().await;
    let [one, other] = [(); 2].map(|()| on(&server));
    assert_eq!(one.scope(served(report(2))).await, Served::Loaded);
    assert_eq!(one.scope(served(name(2))).await, Served::Loaded);
    for tier in [Served::Redis, Served::Memory] {
        assert_eq!(other.scope(served(report(2))).await, tier);
        assert_eq!(other.scope(served(name(2))).await, tier);
    }
    let clear = async { name_entry(2).invalidate().await };
    one.scope(clear).await.unwrap();
    until(LIMIT, async || {
        other.scope(served(name(2))).await == Served::Loaded
    })
    .await;
}

#[tokio::test]
async fn a_primed_entry_is_a_hit() {
    let server = server().await;
    let cache = on(&server);
    let primed = async {
        label_entry(5).refresh(label(5)).await.unwrap();
        name_entry(5).put("given".to_owned()).await.unwrap();
        assert!(outcome(label(5)).await.1.is_hit());
        assert_eq!(name(5).await.unwrap(), "given");
    };
    cache.scope(primed).await;
}

#[tokio::test]
async fn without_redis_the_body_runs_and_its_error_type_needs_no_place_for_trouble() {
    let cache = Cache::builder().url("redis://127.0.0.1:1").build().unwrap();
    assert_eq!(cache.scope(report(2)).await, Ok(()));
}

#[tokio::test]
async fn a_hit_lengthens_a_life() {
    let test = Cache::testing();
    test.run(async {
        for _ in 0..6 {
            label(1).await.unwrap();
            test.advance(SECOND * 2 / 5);
        }
        assert_eq!(test.loads(&label), 1);
        test.advance(SECOND);
        label(1).await.unwrap();
    })
    .await;
    assert_eq!(test.loads(&label), 2, "nobody used it for a second");
}

// A flag that says whether it was a hit, a body that is not `Send`.

#[cached(ttl = "forever")]
async fn row_of(count: usize) -> Result<String, ()> {
    Ok("a".repeat(count))
}

#[cached(ttl = "5s")]
async fn page(body: String) -> Option<String> {
    let body = Rc::new(body);
    tokio::task::yield_now().await;
    (!body.is_empty()).then(|| body.to_string())
}

#[tokio::test]
async fn a_call_tells_whether_it_was_a_hit() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(served(row_of(4)).await, Served::Loaded);
        let (row, hit) = outcome(row_of(4)).await;
        assert_eq!((row.as_deref(), hit.is_hit()), (Ok("aaaa"), true));
    })
    .await;
}

#[tokio::test]
async fn a_none_is_kept_unless_told_otherwise_and_the_body_need_not_be_send() {
    let test = Cache::testing();
    test.run(async {
        for _ in 0..2 {
            assert_eq!(page(String::new()).await, None);
        }
        assert_eq!(test.loads(&page), 1);
        test.advance(SECOND * 5);
        page(String::new()).await;
    })
    .await;
    assert_eq!(test.loads(&page), 2);
}

// Stale while it is refreshed, and refreshed before it ends.

#[derive(Clone, Debug, PartialEq)]
enum Trouble {
    Late,
    Down,
}

impl From<LoadTimeout> for Trouble {
    fn from(_: LoadTimeout) -> Self {
        Self::Late
    }
}

#[cached(ttl = "1s", stale = "1h", refresh = "background", skip(origin))]
async fn quote(origin: Arc<Origin>, id: String) -> Result<u32, Trouble> {
    let _ = id;
    origin.read().await.map_err(|_| Trouble::Down)
}

#[cached(ttl = "2s", stale = "1h", refresh = "background", skip(fails))]
async fn shaky(fails: Arc<AtomicBool>, id: String) -> usize {
    assert!(!fails.load(Ordering::SeqCst), "the origin panics");
    id.len()
}

/// So much that every hit draws a refresh.
const ALWAYS: f64 = 1e12;

#[cached(ttl = "2s", early = ALWAYS, refresh = "background", load_timeout = "50ms", skip(origin))]
async fn forecast(origin: Arc<Origin>, id: String) -> Result<u32, Trouble> {
    let _ = id;
    // What a load takes is measured in microseconds.
    tokio::time::sleep(Duration::from_millis(2)).await;
    origin.read().await.map_err(|_| Trouble::Down)
}

#[tokio::test]
async fn a_stale_value_is_served_while_one_task_refreshes_it() {
    let (test, origin) = (Cache::testing(), Origin::open());
    let call = || quote(Arc::clone(&origin), "a".to_owned());
    test.run(async {
        let cold = join!(call(), call(), call());
        assert_eq!(cold, (Ok(1), Ok(1), Ok(1)));
        assert_eq!(
            origin.loads(),
            1,
            "nothing is there to serve: they wait for one load"
        );
        test.advance(SECOND);
        origin.set(2);
        origin.shut();
        for _ in 0..5 {
            assert_eq!(call().await, Ok(1));
        }
        until(LIMIT, async || origin.loads() == 2).await;
        origin.reopen();
        until(LIMIT, async || call().await == Ok(2)).await;
    })
    .await;
    assert_eq!(origin.loads(), 2);
}

#[tokio::test]
async fn a_refresh_that_panics_leaves_the_value_and_the_next_one_replaces_it() {
    let (test, fails) = (Cache::testing(), Arc::new(AtomicBool::new(false)));
    let call = || shaky(Arc::clone(&fails), "abc".to_owned());
    test.run(async {
        call().await;
        fails.store(true, Ordering::SeqCst);
        test.advance(SECOND * 2);
        assert_eq!(call().await, 3);
        until(LIMIT, async || test.loads(&shaky) == 2).await;
        assert_eq!(call().await, 3);
        fails.store(false, Ordering::SeqCst);
        until(LIMIT, async || {
            test.advance(SECOND);
            served(call()).await == Served::Memory
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_refreshed_before_its_end_and_a_load_that_hangs_is_dropped() {
    let (test, origin) = (Cache::testing(), Origin::open());
    let call = || forecast(Arc::clone(&origin), "b".to_owned());
    test.run(async {
        assert_eq!(call().await, Ok(1));
        test.advance(SECOND);
        origin.set(2);
        origin.shut();
        assert_eq!(
            served(call()).await,
            Served::Memory,
            "fresh, and nobody waits"
        );
        until(LIMIT, async || origin.ended() == 2).await;
        assert_eq!(call().await, Ok(1), "that load was dropped");
        origin.reopen();
        test.advance(SECOND / 2);
        until(LIMIT, async || call().await == Ok(2)).await;
    })
    .await;
}
