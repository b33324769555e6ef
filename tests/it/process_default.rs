//! The process default: made from the environment by the first cached call, or installed.

use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, bypass, cached};

use crate::alone;

static LOADS: AtomicU32 = AtomicU32::new(0);

#[cached(ttl = "5m")]
async fn nth() -> u32 {
    LOADS.fetch_add(1, Ordering::Relaxed) + 1
}

/// The default is the process's.
#[test]
fn a_cache_can_be_installed_after_calls_under_wrong_settings() {
    let settings = [("CACHE_URL", "nonsense")];
    alone::run("process_default::installs_after_calls", &settings);
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn installs_after_calls() {
    assert_eq!((nth().await, nth().await), (1, 2), "nothing is cached");
    assert!(Cache::current().is_none());
    Cache::memory().install().unwrap();
    assert!(Cache::current().is_some());
    assert_eq!((nth().await, nth().await), (3, 3), "now it is");
    assert!(Cache::memory().install().is_err(), "there is one already");
}

/// What runs without a cache asks for none.
#[test]
fn a_bypassed_call_makes_no_default() {
    alone::run("process_default::bypasses_before_it_installs", &[]);
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn bypasses_before_it_installs() {
    bypass(nth()).await;
    let cache = Cache::memory();
    cache.install().unwrap();
    bypass(nth()).await;
    let uncached = &cache.stats().functions[0].calls.uncached;
    assert_eq!(uncached.bypassed, 1);
}
