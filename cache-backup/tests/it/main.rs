//! Backups and restores of a library's user, on servers that the tests start.

mod program;
mod races;
mod schedule;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::admin::Admin;
use cache_runtime::{Cache, CacheBuilder, cached};
use cache_tests::Server;

/// How long anything may take on a machine that has much else to do.
const LIMIT: Duration = Duration::from_secs(30);

static LOADS: AtomicU32 = AtomicU32::new(0);

/// Each load is told from every other by what it gives.
#[cached(ns = "item", key = "item:{id}", ttl = "10m", stale = "1h", tags = ["shop:{shop}"])]
async fn item(shop: u32, id: u32) -> u32 {
    let _ = (shop, id);
    LOADS.fetch_add(1, Ordering::SeqCst)
}

async fn server() -> Server {
    Server::start().await.unwrap()
}

fn builder(url: &str) -> CacheBuilder {
    let builder = Cache::builder().url(url).memory_bytes(0).jitter(0.0);
    builder.op_timeout(Duration::from_secs(5))
}

fn admin(url: &str) -> Admin {
    Admin::new(builder(url)).unwrap()
}

/// Waits until a condition holds.
async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
