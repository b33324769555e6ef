//! Row 35: one holder at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::Cache;
use cache_toolkit::{LockError, Toolkit as _};

use crate::children::{Process, variable};
use crate::{connected, server};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn row_35_a_token_a_number_that_grows_and_an_error_that_names_the_lock() {
    let (server, cache) = server().await;
    let lock = cache.lock("report");
    let first = lock.take().await.unwrap();
    assert!(first.is_held());
    assert!(lock.try_take().await.unwrap().is_none());
    let waited = lock.clone().wait(Duration::from_millis(50)).take().await;
    let Err(error @ LockError::Held { .. }) = waited else {
        panic!("{waited:?}");
    };
    assert!(error.to_string().contains("\"report\""), "{error}");
    let ttl = server
        .run(&["PTTL", "cache:k:lock:{report}"])
        .await
        .unwrap();
    let redis::Value::Int(ttl) = ttl else {
        panic!("{ttl:?}")
    };
    assert!((9_000..=10_000).contains(&ttl), "10 s unless set: {ttl}");
    let fence = first.fence();
    first.release().await.unwrap();
    let second = lock.try_take().await.unwrap().unwrap();
    assert!(second.fence() > fence);
}

#[tokio::test]
async fn the_number_grows_on_where_redis_has_lost_everything() {
    let (server, cache) = server().await;
    let lock = cache.lock("report");
    let first = lock.take().await.unwrap();
    server.run(&["FLUSHALL"]).await.unwrap();
    let second = lock.try_take().await.unwrap().unwrap();
    assert!(second.fence() > first.fence());
    let lost = first.release().await;
    assert!(matches!(lost, Err(LockError::Lost { .. })), "{lost:?}");
    assert!(second.is_held());
    second.release().await.unwrap();
}

#[tokio::test]
async fn it_is_renewed_for_as_long_as_it_is_held() {
    let (_server, cache) = server().await;
    let lock = cache.lock("report").ttl(Duration::from_secs(1));
    let guard = lock.take().await.unwrap();
    // Two and a half times its ttl: what is shown is that time passes.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(guard.is_held() && lock.try_take().await.unwrap().is_none());
    guard.release().await.unwrap();
}

#[tokio::test]
async fn who_waits_is_told_by_a_push_and_asks_for_nothing_meanwhile() {
    let (server, cache) = server().await;
    let other = connected(&server.url()).await;
    let guard = cache.lock("report").ttl(LONG).take().await.unwrap();
    let waiting =
        tokio::spawn(async move { other.lock("report").wait(LONG).ttl(LONG).take().await });
    // Until it has looked.
    let reads = async || reads(&server).await;
    while reads().await == 0 {
        tokio::task::yield_now().await;
    }
    let (before, released) = (reads().await, Instant::now());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        reads().await <= before + 1,
        "it does not look again and again"
    );
    guard.release().await.unwrap();
    let taken = waiting.await.unwrap().unwrap();
    assert!(taken.is_held());
    assert!(released.elapsed() < LONG / 2);
}

/// How often the server was asked for a key.
async fn reads(server: &cache_tests::Server) -> u64 {
    let info = server.run(&["INFO", "commandstats"]).await.unwrap();
    let info: String = redis::from_redis_value(info).unwrap();
    let of = |name: &str| {
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")))?;
        line.split(',').next()?.parse::<u64>().ok()
    };
    of("mget").unwrap_or(0) + of("get").unwrap_or(0).saturating_sub(4)
}

#[tokio::test]
async fn a_guard_or_a_wait_that_is_dropped_gives_it_back() {
    let (_server, cache) = server().await;
    let lock = cache.lock("report").ttl(LONG).wait(LONG);
    drop(lock.take().await.unwrap());
    let guard = lock.take().await.unwrap();
    let waiting = tokio::spawn({
        let lock = lock.clone();
        async move { lock.take().await }
    });
    tokio::task::yield_now().await;
    waiting.abort();
    drop(guard);
    // In time, or it would be waited for until its ttl.
    let taken = tokio::time::timeout(LONG / 2, lock.take()).await;
    taken.unwrap().unwrap().release().await.unwrap();
}

#[tokio::test]
async fn with_gives_it_back_when_the_body_fails_and_when_it_panics() {
    let (_server, cache) = server().await;
    let lock = cache.lock("report").ttl(LONG);
    let failed: Result<(), &str> = lock.with(async |_| Err("no")).await.unwrap();
    assert_eq!(failed, Err("no"));
    assert!(lock.try_take().await.unwrap().is_some());
    let panicked = tokio::spawn({
        let lock = lock.clone();
        async move {
            lock.with(async |_| panic!("the body's own"))
                .await
                .map(|(): ()| ())
        }
    });
    assert!(panicked.await.unwrap_err().is_panic());
    let taken = tokio::time::timeout(LONG / 2, lock.wait(LONG).take()).await;
    taken.unwrap().unwrap().release().await.unwrap();
}

#[tokio::test]
async fn what_was_lost_is_told_while_it_runs_and_when_it_ends() {
    let (server, cache) = server().await;
    let lock = cache.lock("report").ttl(Duration::from_millis(300));
    let result = lock
        .with(async |guard| {
            server.run(&["DEL", "cache:k:lock:{report}"]).await.unwrap();
            let lost = tokio::time::timeout(LONG / 2, guard.lost()).await;
            assert!(lost.is_ok() && !guard.is_held());
        })
        .await;
    assert!(matches!(result, Err(LockError::Lost { .. })), "{result:?}");
}

#[tokio::test]
async fn while_redis_is_away_it_is_an_error_and_what_is_held_ends_by_itself() {
    let (mut server, cache) = server().await;
    let guard = cache
        .lock("report")
        .ttl(Duration::from_millis(300))
        .take()
        .await
        .unwrap();
    server.kill9().unwrap();
    guard.lost().await;
    assert!(!guard.is_held());
    let away = cache.lock("other").take().await;
    assert!(
        matches!(away, Err(LockError::Unavailable { .. })),
        "{away:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_of_two_caches_are_one_at_a_time() {
    let (server, cache) = server().await;
    let caches = [cache, connected(&server.url()).await];
    let (inside, sum) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let callers = (0..100).map(|n| {
        let (cache, inside, sum): (Cache, _, _) =
            (caches[n % 2].clone(), Arc::clone(&inside), Arc::clone(&sum));
        tokio::spawn(async move {
            let lock = cache.lock("counter").wait(LONG);
            lock.with(async |_| {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                let read = sum.load(Ordering::SeqCst);
                tokio::task::yield_now().await;
                sum.store(read + 1, Ordering::SeqCst);
                inside.fetch_sub(1, Ordering::SeqCst);
            })
            .await
            .unwrap();
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!(sum.load(Ordering::SeqCst), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_a_process_that_is_killed_is_another_s_after_its_ttl() {
    let (server, cache) = server().await;
    let url = server.url();
    let mut holder = Process::start("row_35_locks::a_process_that_holds", &[("LOCK_URL", &url)]);
    let fence: u64 = holder.says("holds").parse().unwrap();
    holder.kill();
    let killed = Instant::now();
    let guard = cache.lock("held").wait(LONG).take().await.unwrap();
    assert!(guard.fence() > fence);
    assert!(
        killed.elapsed() < Duration::from_secs(10),
        "{:?}",
        killed.elapsed()
    );
}

/// It is started by another test, which kills it.
#[tokio::test]
#[ignore = "a process that another test starts"]
#[expect(clippy::print_stdout, reason = "it answers on its output")]
async fn a_process_that_holds() {
    let cache = connected(&variable("LOCK_URL")).await;
    let guard = cache
        .lock("held")
        .ttl(Duration::from_secs(2))
        .take()
        .await
        .unwrap();
    println!("\nholds {}", guard.fence());
    guard.lost().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_it_is_a_lock_of_this_process() {
    let cache = Cache::memory();
    let lock = cache
        .lock("report")
        .ttl(Duration::from_millis(300))
        .wait(LONG);
    let guard = lock.take().await.unwrap();
    assert!(lock.try_take().await.unwrap().is_none());
    // Renewed, past its ttl.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(guard.is_held() && lock.try_take().await.unwrap().is_none());
    let waiting = tokio::spawn({
        let lock = lock.clone();
        async move { lock.take().await }
    });
    let fence = guard.fence();
    drop(guard);
    let next = waiting.await.unwrap().unwrap();
    assert!(next.fence() > fence);
    assert!(
        Cache::memory()
            .lock("report")
            .try_take()
            .await
            .unwrap()
            .is_some(),
        "of another cache"
    );
    next.release().await.unwrap();

    // A hundred callers are one at a time, and each is told of the one before.
    let lock = lock.ttl(LONG);
    let (inside, sum) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let callers = (0..100).map(|_| {
        let (lock, inside, sum) = (lock.clone(), Arc::clone(&inside), Arc::clone(&sum));
        tokio::spawn(async move {
            lock.with(async |_| {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                sum.fetch_add(1, Ordering::SeqCst);
                inside.fetch_sub(1, Ordering::SeqCst);
            })
            .await
            .unwrap();
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!(sum.load(Ordering::SeqCst), 100);
}

#[tokio::test]
async fn without_redis_what_nobody_renews_ends_by_itself() {
    let cache = Cache::memory();
    let lock = cache
        .lock("report")
        .ttl(Duration::from_millis(200))
        .wait(LONG);
    // Its runtime is gone, and with it who would renew it or give it back.
    let held = std::thread::spawn({
        let lock = lock.clone();
        move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            std::mem::forget(runtime.block_on(lock.take()).unwrap());
        }
    });
    held.join().unwrap();
    assert!(lock.try_take().await.unwrap().is_none());
    lock.take().await.unwrap().release().await.unwrap();
}
