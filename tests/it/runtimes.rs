//! Whoever's runtime calls, and whether it is driven: the cache's own work is done on a thread of its own.

use std::fs;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, LoadTimeout, NamespaceStats, RedisHealth, cached};
use cache_tests::Server;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};

use crate::origin::Origin;
use crate::{alone, server, until};

const LIMIT: Duration = Duration::from_secs(20);

/// Without memory, so that each call asks Redis. A busy machine is no outage.
fn on(server: &Server) -> CacheBuilder {
    let builder = Cache::builder().url(server.url()).memory_bytes(0);
    builder.op_timeout(Duration::from_secs(2))
}

#[cached(ns = "runtimes", ttl = "10m", tags = ["runtimes"])]
async fn value(id: u32) -> u32 {
    id
}

/// Others wait for it longer than any test takes.
#[cached(ns = "runtimes", ttl = "10m", wait = "1h", skip(origin))]
async fn slow(origin: &Origin, id: u32) -> Result<u32, String> {
    let _ = id;
    origin.read().await
}

#[cached(ns = "runtimes", ttl = "10m", load_timeout = "50ms")]
async fn endless(id: u32) -> Result<u32, LoadTimeout> {
    let _ = id;
    std::future::pending().await
}

async fn call(cache: &Cache, id: u32) -> u32 {
    cache.scope(value(id)).await
}

fn row(cache: &Cache) -> NamespaceStats {
    cache.stats().namespace("runtimes").unwrap().clone()
}

/// A runtime that stands still between two calls of `block_on`.
fn parked() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Drives a future with no more than a waker, as an executor does that is not tokio's.
fn drive<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// All that a caller may do: a load, hits, an invalidation, a load again, all of it with Redis.
async fn is_of_use(cache: &Cache) {
    let before = row_or_none(cache).map_or(0, |row| row.redis_hits);
    for _ in 0..3 {
        assert_eq!(call(cache, 1).await, 1);
    }
    cache.tag("runtimes").invalidate().await.unwrap();
    assert_eq!(call(cache, 1).await, 1);
    let row = row(cache);
    assert_eq!(row.troubles, [].into());
    assert!(row.redis_hits >= before + 2, "{row:?}");
    assert_eq!(cache.health().owed_invalidations, 0);
}

fn row_or_none(cache: &Cache) -> Option<NamespaceStats> {
    cache.stats().namespace("runtimes").cloned()
}

#[test]
fn a_first_use_on_a_runtime_that_is_then_left_parked_costs_later_calls_nothing() {
    let (parked, driven) = (parked(), Runtime::new().unwrap());
    let server = driven.block_on(server());
    let cache = on(&server).build().unwrap();
    parked.block_on(call(&cache, 1));
    driven.block_on(is_of_use(&cache));
}

#[test]
fn connections_are_driven_by_the_runtime_that_was_given_until_it_ends_and_go_on_without_it() {
    let (given, driven) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let server = driven.block_on(server());
    let cache = on(&server).runtime(given.handle().clone());
    let cache = cache.build().unwrap();
    driven.block_on(is_of_use(&cache));
    assert!(given.metrics().num_alive_tasks() > 1, "its connection");
    drop(given);
    // Calls load meanwhile, and none fails.
    driven.block_on(until(LIMIT, async || {
        let before = row(&cache).redis_hits;
        assert_eq!(call(&cache, 2).await, 2);
        row(&cache).redis_hits > before
    }));
    driven
        .block_on(async { cache.tag("runtimes").invalidate().await })
        .unwrap();
    assert_eq!(cache.health().redis, Some(RedisHealth::Up));
}

#[test]
fn a_runtime_that_stands_still_between_two_calls_may_not_drive_connections() {
    let parked = parked();
    let refused = Cache::builder().runtime(parked.handle().clone()).build();
    let said = refused.unwrap_err().to_string();
    assert!(
        said.contains("runtime") && said.contains("multi-threaded"),
        "{said}"
    );
}

#[test]
fn what_a_parked_runtime_left_behind_is_done_without_it() {
    let (parked, driven) = (parked(), Runtime::new().unwrap());
    let mut server = driven.block_on(server());
    let (cache, origin) = (on(&server).build().unwrap(), Origin::open());
    parked.block_on(call(&cache, 1));
    // A caller that goes away has a lease to give back.
    origin.shut();
    let abandoned = cache.scope(slow(&origin, 1));
    let _ = parked.block_on(async {
        tokio::select! {
            value = abandoned => value.is_ok(),
            () = until(LIMIT, async || origin.loads() == 1) => false,
        }
    });
    origin.reopen();
    let other = on(&server).build().unwrap();
    assert_eq!(driven.block_on(other.scope(slow(&origin, 1))), Ok(1));
    // An invalidation that failed is owed.
    server.kill9().unwrap();
    let tag = cache.tag("runtimes");
    assert!(parked.block_on(tag.invalidate()).is_err());
    driven.block_on(server.restart()).unwrap();
    driven.block_on(until(LIMIT, async || {
        cache.health().owed_invalidations == 0
    }));
}

#[test]
fn fifty_that_wait_for_a_leader_whose_runtime_ends_do_not_wait_out_its_lease() {
    let (home, away) = (Runtime::new().unwrap(), parked());
    let server = home.block_on(server());
    let cache = on(&server).lease(Duration::from_secs(1_200)).build();
    let (cache, origin) = (cache.unwrap(), Origin::open());
    home.block_on(call(&cache, 1));
    origin.shut();
    let led = {
        let (cache, origin) = (cache.clone(), Arc::clone(&origin));
        away.spawn(async move { cache.scope(slow(&origin, 1)).await })
    };
    away.block_on(until(LIMIT, async || origin.loads() == 1));
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let (cache, origin) = (cache.clone(), Arc::clone(&origin));
            home.spawn(async move { cache.scope(slow(&origin, 1)).await })
        })
        .collect();
    home.block_on(until(LIMIT, async || row(&cache).waiting == 50));
    drop(away);
    origin.reopen();
    for one in waiting {
        let answered = home.block_on(async { tokio::time::timeout(LIMIT, one).await });
        assert_eq!(answered.unwrap().unwrap(), Ok(1));
    }
    assert!(home.block_on(led).unwrap_err().is_cancelled());
    assert_eq!(origin.loads(), 2, "one of them led instead");
}

#[test]
fn the_callers_runtime_needs_neither_timers_nor_io() {
    let driven = Runtime::new().unwrap();
    let server = driven.block_on(server());
    let kinds: [fn(&mut Builder) -> &mut Builder; 3] = [
        |bare| bare,
        |bare| bare.enable_time(),
        |bare| bare.enable_io(),
    ];
    for enable in kinds {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = enable(&mut builder).build().unwrap();
            let cache = on(&server).build().unwrap();
            runtime.block_on(is_of_use(&cache));
            assert!(runtime.block_on(cache.scope(endless(1))).is_err());
            runtime.block_on(cache.close()).unwrap();
        }
    }
}

#[test]
fn the_callers_executor_need_not_be_tokios() {
    let driven = Runtime::new().unwrap();
    let server = driven.block_on(server());
    let (cache, origin) = (on(&server).build().unwrap(), Origin::open());
    drive(is_of_use(&cache));
    assert!(drive(cache.scope(endless(1))).is_err());
    // Callers wait for one another, too.
    origin.shut();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (cache, origin) = (cache.clone(), Arc::clone(&origin));
            thread::spawn(move || drive(cache.scope(slow(&origin, 1))))
        })
        .collect();
    driven.block_on(until(LIMIT, async || row(&cache).waiting == 7));
    origin.reopen();
    for caller in callers {
        assert_eq!(caller.join().unwrap(), Ok(1));
    }
    assert_eq!(origin.loads(), 1);
    drive(cache.close()).unwrap();
}

const STARVED: &str = "RUNTIMES_STARVED";

/// The limit is the process's.
#[test]
fn where_the_system_has_no_thread_for_it_calls_load_and_say_so_until_there_is_one() {
    let driven = Runtime::new().unwrap();
    let server = driven.block_on(server());
    let url = server.url();
    alone::run("runtimes::starved", &[(STARVED, &url)]);
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn starved() {
    let url = alone::variable(STARVED);
    let runtime = parked();
    let cache = Cache::builder().url(url).memory_bytes(0);
    let cache = cache.op_timeout(Duration::from_secs(2)).build().unwrap();
    let files = getrlimit(Resource::Nofile);
    let none = Rlimit {
        current: Some(0),
        ..files
    };
    setrlimit(Resource::Nofile, none).unwrap();
    assert_eq!(runtime.block_on(call(&cache, 1)), 1);
    assert_eq!(runtime.block_on(call(&cache, 1)), 1);
    let tag = cache.tag("runtimes");
    let owed = runtime.block_on(tag.invalidate()).unwrap_err();
    assert!(owed.to_string().contains("no_thread"), "{owed}");
    let down = cache.health().redis;
    assert!(
        matches!(&down, Some(RedisHealth::Down { cause, .. }) if cause == "no_thread"),
        "{down:?}"
    );
    let before = row(&cache);
    assert_eq!((before.loads, before.misses.outage), (2, 2));
    assert_eq!(before.troubles["read: no_thread"], 2);
    setrlimit(Resource::Nofile, files).unwrap();
    runtime.block_on(until(LIMIT, async || {
        call(&cache, 1).await == 1 && row(&cache).redis_hits > 0
    }));
    assert_eq!(cache.health().owed_invalidations, 0);
}

#[tokio::test]
async fn caches_that_are_dropped_leave_neither_threads_nor_connections() {
    let server = server().await;
    let threads = || {
        let all = fs::read_dir("/proc/self/task").unwrap();
        let name = |task: io::Result<fs::DirEntry>| {
            fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
        };
        all.map(name)
            .filter(|name| name == "cache-runtime\n")
            .count()
    };
    let connections = async || {
        let listed = server.run(&["CLIENT", "LIST", "TYPE", "NORMAL"]).await;
        let listed: String = redis::from_redis_value(listed.unwrap()).unwrap();
        // The one that asks is among them.
        listed.lines().count() - 1
    };
    let caches: Vec<Cache> = (0..20)
        .map(|_| on(&server).lag(Duration::from_millis(400)).build().unwrap())
        .collect();
    for cache in &caches {
        assert_eq!(call(cache, 1).await, 1);
    }
    assert_eq!((threads(), connections().await), (1, 20));
    drop(caches);
    until(LIMIT, async || connections().await == 0).await;
    assert_eq!(threads(), 1);
}
