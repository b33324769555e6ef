//! A cluster of six nodes: each key is at the node that has its slot, an entry rests on several of
//! them, and slots move.

mod coherence;
mod failover;
mod moves;
mod outage;
mod scan;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, Durability, RedisHealth, cached};
use cache_tests::Cluster;

use crate::until;

const LAG: Duration = Duration::from_millis(800);
const LIMIT: Duration = Duration::from_secs(20);

/// So many entries are on every node, as are their stamps.
const IDS: u32 = 24;

#[cached(ns = "c", ttl = "5m", tags = ["c:{id}", "all"], skip(origin))]
async fn bounded(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

#[cached(ns = "s", ttl = "5m", tags = ["c:{id}", "all"], consistency = "strong", skip(origin))]
async fn strong(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

#[cached(ns = "f", ttl = "5m", tags_from = |value| [format!("c:{}", value / 1_000)], skip(origin))]
async fn tagged_by_value(origin: &AtomicU32, id: u32) -> u32 {
    id * 1_000 + origin.load(Ordering::SeqCst)
}

fn builder(cluster: &Cluster) -> cache_runtime::CacheBuilder {
    Cache::builder()
        .url(cluster.url())
        .lag(LAG)
        .op_timeout(Duration::from_millis(200))
}

/// On a machine that is busy, which is no outage.
fn cache(cluster: &Cluster) -> Cache {
    let patient = builder(cluster).op_timeout(Duration::from_secs(2));
    patient.build().unwrap()
}

fn memory_hits(cache: &Cache, namespace: &str) -> u64 {
    let stats = cache.stats();
    stats.namespace(namespace).map_or(0, |row| row.memory_hits)
}

fn redis_hits(cache: &Cache, namespace: &str) -> u64 {
    let stats = cache.stats();
    stats.namespace(namespace).map_or(0, |row| row.redis_hits)
}

/// Calls with every id until each is served from memory.
async fn warm(cache: &Cache, origin: &AtomicU32) {
    until(LIMIT, async || {
        let before = memory_hits(cache, "c");
        for id in 0..IDS {
            cache.scope(bounded(origin, id)).await;
        }
        memory_hits(cache, "c") - before == u64::from(IDS)
    })
    .await;
}

/// Waits until every connection of a cache is up.
async fn up(cache: &Cache) {
    until(LIMIT, async || {
        cache.health().redis == Some(RedisHealth::Up)
    })
    .await;
}

/// The slot of an entry of [`bounded`].
async fn slot_of(cache: &Cache, id: u32) -> u16 {
    Cluster::slot_of(key(cache, id).await)
}

async fn key(cache: &Cache, id: u32) -> String {
    cache
        .scope(async { bounded_entry(id).key().to_owned() })
        .await
}
