//! How long memory keeps what, and what it spares: `max_entries`, `priority`, `cost_per_load`.

use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, Policy, Priority, cached};

use crate::server;

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(
    ns = "few",
    ttl = "1h",
    max_entries = 10,
    cost_per_load = 0.25,
    skip(failing)
)]
async fn few(id: u32, failing: bool) -> Result<u32, String> {
    match failing {
        true => Err("failed".to_owned()),
        false => Ok(id),
    }
}

#[cached(ns = "many", ttl = "1h")]
async fn many(id: u32) -> Vec<u8> {
    vec![1; 500 + id as usize % 2]
}

#[cached(ns = "plain", ttl = "1h")]
async fn plain(id: u32) -> Vec<u8> {
    vec![1; 500 + id as usize % 2]
}

#[cached(ns = "dear", ttl = "1h", priority = "high")]
async fn dear(id: u32) -> Vec<u8> {
    RUNS.fetch_add(1, Ordering::SeqCst);
    vec![1; 500 + id as usize % 2]
}

fn counts(cache: &Cache, namespace: &str) -> (u64, u64, u64) {
    let row = cache.stats().namespace(namespace).unwrap().clone();
    (row.loads, row.memory_hits, row.redis_hits)
}

#[tokio::test]
async fn of_a_function_only_so_many_entries_are_in_memory_and_others_are_in_redis() {
    let server = server().await;
    let builder = || Cache::builder().url(server.url());
    let cache = builder().build().unwrap();
    cache.connect().await.unwrap();
    for round in 0..2 {
        for id in 0..100 {
            assert_eq!(cache.scope(few(id, false)).await, Ok(id), "{round}");
            // The one that is used stays.
            cache.scope(few(0, false)).await.unwrap();
        }
    }
    let (loads, memory_hits, redis_hits) = counts(&cache, "few");
    assert_eq!((loads, memory_hits + redis_hits), (100, 300));
    assert!((199..=209).contains(&memory_hits), "{memory_hits}");
    let alone = Cache::memory();
    for id in (0..100).chain(0..100) {
        alone.scope(few(id, false)).await.unwrap();
    }
    let (loads, memory_hits, _) = counts(&alone, "few");
    assert!(loads >= 190 && memory_hits <= 10, "{loads}, {memory_hits}");
}

#[tokio::test]
async fn what_has_priority_is_in_memory_longer() {
    let cache = Cache::builder()
        .url("memory:")
        .max_value(1_000)
        .memory_bytes(1 << 20);
    let cache = cache.build().unwrap();
    cache
        .scope(async {
            // Memory is full of what was used.
            for id in (1_000..3_000).chain(1_000..3_000) {
                many(id).await;
            }
            for id in 0..100 {
                dear(id).await;
                plain(id).await;
            }
            for id in 3_000..5_000 {
                many(id).await;
            }
            for id in 0..100 {
                dear(id).await;
                plain(id).await;
            }
        })
        .await;
    let (dear, plain) = (counts(&cache, "dear"), counts(&cache, "plain"));
    assert!(dear.1 >= 90 && plain.1 <= 10, "{dear:?} {plain:?}");
    assert_eq!(
        RUNS.load(Ordering::SeqCst),
        200 - u32::try_from(dear.1).unwrap()
    );
}

#[tokio::test]
async fn what_loads_cost_and_hits_save_is_counted() {
    let cache = Cache::memory();
    cache
        .scope(async {
            for id in [1, 2, 1, 1, 2, 1] {
                few(id, false).await.unwrap();
            }
            few(3, true).await.unwrap_err();
        })
        .await;
    const COSTLY: Policy = Policy::new(std::time::Duration::from_secs(60))
        .cost_per_load(2.0)
        .priority(Priority::High);
    for _ in 0..3 {
        let load = async { Ok::<_, String>(1) };
        cache.get_or_load("hand", &1, &COSTLY, load).await.unwrap();
    }
    let stats = cache.stats();
    let (row, hand) = (
        stats.namespace("few").unwrap(),
        stats.namespace("hand").unwrap(),
    );
    assert_eq!(row.load_cost_millionths, 750_000);
    assert!((row.load_cost() - 0.75).abs() < 1e-9 && (row.saved_cost() - 1.0).abs() < 1e-9);
    assert!((hand.load_cost() - 2.0).abs() < 1e-9 && (hand.saved_cost() - 4.0).abs() < 1e-9);
}
