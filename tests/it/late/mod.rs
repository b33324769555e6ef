//! Calls that come after an invalidation, while something that began before it is still under way:
//! none is served what that gives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_tests::{Network, Proxy, Server};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);

/// An origin whose value is read as each load begins, and returned when that load is let go.
struct Origin {
    value: AtomicU32,
    loads: AtomicU32,
    leave: [Semaphore; 8],
}

impl Origin {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            value: AtomicU32::new(1),
            loads: AtomicU32::new(0),
            leave: std::array::from_fn(|_| Semaphore::new(0)),
        })
    }

    async fn read(&self) -> Result<u32, String> {
        let value = self.value.load(Ordering::SeqCst);
        let load = self.loads.fetch_add(1, Ordering::SeqCst) as usize;
        self.leave[load].acquire().await.unwrap().forget();
        match value {
            0 => Err("down".to_owned()),
            value => Ok(value),
        }
    }

    fn set(&self, value: u32) {
        self.value.store(value, Ordering::SeqCst);
    }

    fn let_go(&self, load: usize) {
        self.leave[load].add_permits(1);
    }

    /// Waits until so many loads began.
    async fn began(&self, loads: u32) {
        until(LIMIT, async || self.loads.load(Ordering::SeqCst) >= loads).await;
    }
}

#[cached(ns = "late", ttl = "1m", wait = "100ms", tags = ["late"], skip(origin))]
async fn impatient(origin: &Origin) -> Result<u32, String> {
    origin.read().await
}

#[cached(ns = "late", ttl = "1m", stale = "10m", tags = ["late"], skip(origin))]
async fn windowed(origin: &Origin) -> Result<u32, String> {
    origin.read().await
}

#[cached(ns = "late", ttl = "600ms", stale = "10m", tags = ["late"], skip(origin))]
async fn soon_stale(origin: &Origin) -> Result<u32, String> {
    origin.read().await
}

#[cached(
    ns = "late",
    ttl = "1m",
    stale = "10m",
    consistency = "strong",
    tags = ["late"],
    skip(origin)
)]
async fn strong(origin: &Origin) -> Result<u32, String> {
    origin.read().await
}

#[cached(ns = "late", ttl = "1m", tags_from = |_| ["late"], skip(origin))]
async fn tagged_from(origin: &Origin) -> Result<u32, String> {
    origin.read().await
}

fn cache(url: String) -> Cache {
    let patient = Cache::builder().url(url).op_timeout(Duration::from_secs(5));
    patient.build().unwrap()
}

/// A call of a cached function, in a task of its own.
macro_rules! call {
    ($cache:expr, $function:ident, $origin:expr) => {{
        let (cache, origin) = ($cache.clone(), Arc::clone($origin));
        tokio::spawn(async move { cache.scope($function(&origin)).await })
    }};
}

mod stale;

fn waiting(cache: &Cache) -> u64 {
    cache.stats().namespace("late").map_or(0, |row| row.waiting)
}

/// Waits until the call returned, waits for another or has missed as the so many-th.
async fn settled<T>(cache: &Cache, call: &JoinHandle<T>, origin: &Origin, loads: u32) {
    until(LIMIT, async || {
        let row = cache.stats();
        let lost = row.namespace("late").map_or(0, |row| row.misses.absent);
        let began = origin.loads.load(Ordering::SeqCst);
        call.is_finished() || waiting(cache) > 0 || began >= loads || lost >= u64::from(loads)
    })
    .await;
}

#[tokio::test]
async fn a_load_that_began_before_is_not_joined_because_another_gave_up_waiting_for_it() {
    let server = server().await;
    let (cache, origin) = (cache(server.url()), Origin::new());
    let leader = call!(cache, impatient, &origin);
    origin.began(1).await;
    let follower = call!(cache, impatient, &origin);
    until(LIMIT, async || waiting(&cache) == 1).await;
    origin.set(2);
    cache.tag("late").invalidate().await.unwrap();
    // The follower gives up, and loads for itself.
    origin.began(2).await;
    let late = call!(cache, impatient, &origin);
    settled(&cache, &late, &origin, 3).await;
    origin.let_go(0);
    assert_eq!(leader.await.unwrap(), Ok(1));
    (1..8).for_each(|load| origin.let_go(load));
    assert_eq!(follower.await.unwrap(), Ok(2));
    assert_eq!(late.await.unwrap(), Ok(2));
}

/// Two caches on one server, the first through a network that can fail, with a stale entry that the
/// first refreshes.
async fn refreshing() -> (Server, Proxy, Cache, Cache) {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let (a, b) = (cache(proxy.url()), cache(server.url()));
    (server, proxy, a, b)
}

#[tokio::test]
async fn a_strong_call_in_an_outage_is_not_served_what_another_found_stale_before() {
    let (_server, proxy, a, b) = refreshing().await;
    let origin = Origin::new();
    origin.let_go(0);
    assert_eq!(call!(a, strong, &origin).await.unwrap(), Ok(1));
    b.tag("late").expire().await.unwrap();
    origin.set(2);
    let _refresher = call!(a, strong, &origin);
    origin.began(2).await;
    proxy.set(Network::Cut);
    b.tag("late").invalidate().await.unwrap();
    origin.set(3);
    (2..8).for_each(|load| origin.let_go(load));
    assert_eq!(call!(a, strong, &origin).await.unwrap(), Ok(3));
}

#[tokio::test]
async fn a_strong_call_in_an_outage_shares_the_next_load_and_not_the_one_under_way() {
    let (_server, proxy, a, b) = refreshing().await;
    let origin = Origin::new();
    let before = call!(a, strong, &origin);
    origin.began(1).await;
    proxy.set(Network::Cut);
    b.tag("late").invalidate().await.unwrap();
    origin.set(2);
    let after: Vec<_> = (0..10).map(|_| call!(a, strong, &origin)).collect();
    until(LIMIT, async || waiting(&a) == 10).await;
    origin.let_go(0);
    assert_eq!(before.await.unwrap(), Ok(1));
    origin.began(2).await;
    until(LIMIT, async || waiting(&a) == 9).await;
    origin.let_go(1);
    for call in after {
        assert_eq!(call.await.unwrap(), Ok(2));
    }
    assert_eq!(origin.loads.load(Ordering::SeqCst), 2, "they share one");
}

/// Redis is full: no lease and no stamp can be made, so nothing that is invalidated was ever there,
/// and nothing is pushed.
#[tokio::test]
async fn a_load_that_rests_on_nothing_in_redis_is_joined_for_lag_and_no_longer() {
    let server = server().await;
    let lag = Duration::from_millis(500);
    let quick = || Cache::builder().url(server.url()).lag(lag).build().unwrap();
    let (a, b) = (quick(), quick());
    let full = [b"CONFIG".as_slice(), b"SET", b"maxmemory", b"1"];
    server.command(&full).await.unwrap();
    let origin = Origin::new();
    let before = call!(a, windowed, &origin);
    origin.began(1).await;
    origin.set(2);
    b.tag("late").invalidate().await.unwrap();
    // It is the time itself that must pass.
    tokio::time::sleep(lag).await;
    let late = call!(a, windowed, &origin);
    origin.began(2).await;
    (0..2).for_each(|load| origin.let_go(load));
    assert_eq!(before.await.unwrap(), Ok(1));
    assert_eq!(late.await.unwrap(), Ok(2));
}

#[tokio::test]
async fn what_is_owed_is_not_kept_by_a_load_that_learns_it_has_that_tag() {
    let server = server().await;
    let (cache, origin) = (cache(server.url()), Origin::new());
    let before = call!(cache, tagged_from, &origin);
    origin.began(1).await;
    server
        .command(&[b"ACL", b"SETUSER", b"default", b"-unlink"])
        .await
        .unwrap();
    assert!(cache.tag("late").invalidate().await.is_err());
    // Each retry drops what is here as well, so the load ends between two that are far apart.
    tokio::time::sleep(Duration::from_millis(150)).await;
    origin.set(2);
    (0..8).for_each(|load| origin.let_go(load));
    assert_eq!(before.await.unwrap(), Ok(1));
    assert_eq!(cache.health().owed_invalidations, 1);
    assert_eq!(call!(cache, tagged_from, &origin).await.unwrap(), Ok(2));
}

#[tokio::test]
async fn what_is_owed_is_not_taken_from_another_process_that_was_waited_for() {
    let server = server().await;
    let (a, b) = (cache(server.url()), cache(server.url()));
    let origin = Origin::new();
    let before = call!(b, windowed, &origin);
    origin.began(1).await;
    let waits = call!(a, windowed, &origin);
    until(LIMIT, async || {
        a.stats()
            .namespace("late")
            .map_or(0, |row| row.misses.absent)
            == 1
    })
    .await;
    server
        .command(&[b"ACL", b"SETUSER", b"default", b"-unlink"])
        .await
        .unwrap();
    assert!(a.tag("late").invalidate().await.is_err());
    origin.set(2);
    (0..8).for_each(|load| origin.let_go(load));
    assert_eq!(before.await.unwrap(), Ok(1));
    waits.await.unwrap().unwrap();
    assert_eq!(a.health().owed_invalidations, 1);
    assert_eq!(call!(a, windowed, &origin).await.unwrap(), Ok(2));
}
