//! What is stale, and was invalidated since it was found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_tests::{Network, Proxy};
use serde::{Deserialize, Serialize};

use super::{LIMIT, Origin, cache, settled, soon_stale, windowed};
use crate::{server, until};

#[tokio::test]
async fn in_an_outage_what_is_stale_is_served_for_lag_and_no_longer() {
    let server = server().await;
    let proxy = Proxy::start(&server).await.unwrap();
    let lag = Duration::from_secs(1);
    let slow = |url| Cache::builder().url(url).lag(lag).build().unwrap();
    let (a, b) = (slow(proxy.url()), slow(server.url()));
    let origin = Origin::new();
    origin.let_go(0);
    assert_eq!(call!(a, soon_stale, &origin).await.unwrap(), Ok(1));
    proxy.set(Network::Cut);
    b.tag("late").invalidate().await.unwrap();
    let invalidated = std::time::Instant::now();
    origin.set(2);
    // Stale by now; memory may serve it, and this call refreshes it.
    tokio::time::sleep(Duration::from_millis(650)).await;
    let _refresher = call!(a, soon_stale, &origin);
    origin.began(2).await;
    tokio::time::sleep_until((invalidated + lag + Duration::from_millis(100)).into()).await;
    (2..8).for_each(|load| origin.let_go(load));
    assert_eq!(call!(a, soon_stale, &origin).await.unwrap(), Ok(2));
}

static ARMED: AtomicBool = AtomicBool::new(false);
static REACHED: AtomicBool = AtomicBool::new(false);

/// A value that takes a while to decode, once armed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
struct Ponderous(u32);

impl From<u32> for Ponderous {
    fn from(n: u32) -> Self {
        if ARMED.load(Ordering::SeqCst) {
            REACHED.store(true, Ordering::SeqCst);
            while ARMED.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Self(n)
    }
}

impl From<Ponderous> for u32 {
    fn from(n: Ponderous) -> Self {
        n.0
    }
}

#[cached(ns = "late", ttl = "1m", stale = "10m", tags = ["late"], skip(origin))]
async fn ponderous(origin: &Origin) -> Result<Ponderous, String> {
    origin.read().await.map(Ponderous)
}

#[tokio::test]
async fn what_was_invalidated_while_it_was_found_stale_is_served_to_nobody_meanwhile() {
    let server = server().await;
    let (cache, origin) = (cache(server.url()), Origin::new());
    origin.let_go(0);
    assert_eq!(
        call!(cache, ponderous, &origin).await.unwrap(),
        Ok(Ponderous(1))
    );
    cache.tag("late").expire().await.unwrap();
    ARMED.store(true, Ordering::SeqCst);
    // On a runtime of its own, as it holds up its thread.
    let refresher = {
        let (cache, origin) = (cache.clone(), Arc::clone(&origin));
        std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(cache.scope(ponderous(&origin)))
        })
    };
    until(LIMIT, async || REACHED.load(Ordering::SeqCst)).await;
    cache.tag("late").invalidate().await.unwrap();
    origin.set(2);
    ARMED.store(false, Ordering::SeqCst);
    origin.began(2).await;
    let late = call!(cache, ponderous, &origin);
    settled(&cache, &late, &origin, 3).await;
    (1..8).for_each(|load| origin.let_go(load));
    assert_eq!(late.await.unwrap(), Ok(Ponderous(2)));
    assert_eq!(refresher.join().unwrap(), Ok(Ponderous(2)));
}

#[tokio::test]
async fn where_the_origin_fails_what_redis_has_stale_is_served() {
    let server = server().await;
    let (cache, origin) = (cache(server.url()), Origin::new());
    (0..8).for_each(|load| origin.let_go(load));
    assert_eq!(call!(cache, windowed, &origin).await.unwrap(), Ok(1));
    cache.tag("late").expire().await.unwrap();
    origin.set(0);
    assert_eq!(call!(cache, windowed, &origin).await.unwrap(), Ok(1));
}
