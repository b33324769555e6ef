//! Fifty callers and a leader that goes away: nobody hangs, nobody loads where one load was enough.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What the loader does, run by run; runs past the script succeed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Hang,
    Panic,
    Fail,
    Succeed,
}

struct Origin {
    script: Vec<Does>,
    runs: AtomicU32,
    at_once: AtomicU32,
    most_at_once: AtomicU32,
    open: Notify,
}

impl Origin {
    fn new(script: &[Does]) -> Arc<Self> {
        Arc::new(Self {
            script: script.to_vec(),
            runs: AtomicU32::new(0),
            at_once: AtomicU32::new(0),
            most_at_once: AtomicU32::new(0),
            open: Notify::new(),
        })
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }

    /// Waits for the gate at the first run, then does what the script says.
    async fn run(&self) -> Does {
        struct AtOnce<'a>(&'a AtomicU32);
        impl Drop for AtOnce<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let run = self.runs.fetch_add(1, Ordering::SeqCst) as usize;
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let _at_once = AtOnce(&self.at_once);
        if run == 0 {
            self.open.notified().await;
        } else {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let does = self.script.get(run).copied().unwrap_or(Does::Succeed);
        match does {
            Does::Hang => std::future::pending().await,
            Does::Panic => panic!("as the script says"),
            Does::Fail | Does::Succeed => does,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Shareable;

#[derive(Debug, PartialEq)]
struct Unshareable;

#[cached(ns = "herd", ttl = "1m", skip(origin))]
async fn shared(origin: &Origin, id: u32) -> Result<u32, Shareable> {
    match origin.run().await {
        Does::Fail => Err(Shareable),
        _ => Ok(id),
    }
}

#[cached(ns = "herd", ttl = "1m", skip(origin))]
async fn unshared(origin: &Origin, id: u32) -> Result<u32, Unshareable> {
    match origin.run().await {
        Does::Fail => Err(Unshareable),
        _ => Ok(id),
    }
}

/// Starts the leader, then 49 followers, and waits until all of them wait.
async fn callers<R, F>(cache: &Cache, call: impl Fn() -> F) -> (JoinHandle<R>, Vec<JoinHandle<R>>)
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let spawn = || {
        let (cache, call) = (cache.clone(), call());
        tokio::spawn(async move { cache.scope(call).await })
    };
    let leader = spawn();
    crate::until(Duration::from_secs(5), || async {
        cache.health().loads_under_way == 1
    })
    .await;
    let waiting = || cache.stats().namespace("herd").map_or(0, |row| row.waiting);
    let followers = (0..49).map(|_| spawn()).collect();
    crate::until(Duration::from_secs(5), || async { waiting() == 49 }).await;
    (leader, followers)
}

type Callers<E> = (JoinHandle<Result<u32, E>>, Vec<JoinHandle<Result<u32, E>>>);

async fn callers_shared(cache: &Cache, origin: &Arc<Origin>) -> Callers<Shareable> {
    let call = || {
        let origin = Arc::clone(origin);
        async move { shared(&origin, 1).await }
    };
    callers(cache, call).await
}

async fn callers_unshared(cache: &Cache, origin: &Arc<Origin>) -> Callers<Unshareable> {
    let call = || {
        let origin = Arc::clone(origin);
        async move { unshared(&origin, 1).await }
    };
    callers(cache, call).await
}

async fn caches() -> (cache_tests::Server, Vec<Cache>) {
    let server = crate::server().await;
    // Each with a prefix of its own, so that none hits what another stored.
    let on = |prefix, bytes| {
        let builder = Cache::builder().url(server.url()).prefix(prefix);
        builder.memory_bytes(bytes).build().unwrap()
    };
    let caches = vec![Cache::memory(), on("one", 1 << 20), on("two", 0)];
    (server, caches)
}

/// Until the leader is in its body: only then is it dropped or let through.
async fn leader_runs(origin: &Origin) {
    crate::until(Duration::from_secs(5), || async { origin.runs() == 1 }).await;
}

#[tokio::test]
async fn one_load_serves_fifty_callers() {
    let (_server, caches) = caches().await;
    for cache in caches {
        let origin = Origin::new(&[]);
        let (leader, followers) = callers_shared(&cache, &origin).await;
        leader_runs(&origin).await;
        origin.open.notify_one();
        for caller in followers.into_iter().chain([leader]) {
            assert_eq!(caller.await.unwrap(), Ok(1));
        }
        assert_eq!(origin.runs(), 1);
        assert_eq!(cache.stats().namespace("herd").unwrap().waiting, 0);
    }
}

#[tokio::test]
async fn a_dropped_leader_costs_one_more_load() {
    let (_server, caches) = caches().await;
    for cache in caches {
        let origin = Origin::new(&[Does::Hang]);
        let (leader, followers) = callers_unshared(&cache, &origin).await;
        leader_runs(&origin).await;
        leader.abort();
        for caller in followers {
            assert_eq!(caller.await.unwrap(), Ok(1));
        }
        assert_eq!(origin.runs(), 2);
        assert!(leader.await.unwrap_err().is_cancelled());
        assert_eq!(cache.stats().namespace("herd").unwrap().abandoned_loads, 1);
    }
}

#[tokio::test]
async fn a_leader_that_panics_costs_one_more_load_and_panics_alone() {
    let (_server, caches) = caches().await;
    for cache in caches {
        let origin = Origin::new(&[Does::Panic]);
        let (leader, followers) = callers_unshared(&cache, &origin).await;
        leader_runs(&origin).await;
        origin.open.notify_one();
        for caller in followers {
            assert_eq!(caller.await.unwrap(), Ok(1));
        }
        assert!(leader.await.unwrap_err().is_panic());
        assert_eq!(origin.runs(), 2);
    }
}

#[tokio::test]
async fn an_error_that_can_be_cloned_is_shared() {
    let (_server, caches) = caches().await;
    for cache in caches {
        let origin = Origin::new(&[Does::Fail]);
        let (leader, followers) = callers_shared(&cache, &origin).await;
        leader_runs(&origin).await;
        origin.open.notify_one();
        for caller in followers.into_iter().chain([leader]) {
            assert_eq!(caller.await.unwrap(), Err(Shareable));
        }
        assert_eq!(origin.runs(), 1);
    }
}

#[tokio::test]
async fn an_error_that_can_not_is_the_leaders_own_and_eight_load_at_once() {
    let (_server, caches) = caches().await;
    for cache in caches {
        let origin = Origin::new(&[Does::Fail]);
        let (leader, followers) = callers_unshared(&cache, &origin).await;
        leader_runs(&origin).await;
        origin.open.notify_one();
        assert_eq!(leader.await.unwrap(), Err(Unshareable));
        for caller in followers {
            assert_eq!(caller.await.unwrap(), Ok(1));
        }
        // The eight that were let go at once; whoever came after was served by the first of them.
        assert!((2..=9).contains(&origin.runs()), "{} loads", origin.runs());
    }
}

#[tokio::test]
async fn when_every_load_fails_each_caller_gets_an_error_of_its_own() {
    let (_server, caches) = caches().await;
    for cache in caches {
        let origin = Origin::new(&[Does::Fail; 50]);
        let (leader, followers) = callers_unshared(&cache, &origin).await;
        leader_runs(&origin).await;
        origin.open.notify_one();
        for caller in followers.into_iter().chain([leader]) {
            assert_eq!(caller.await.unwrap(), Err(Unshareable));
        }
        assert_eq!(origin.runs(), 50);
        assert_eq!(cache.health().loads_under_way, 0);
    }
}
