//! What an annotated function does on the embedded default: no server, this process's memory.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache_runtime::{Cache, CacheError, Clock, Policy, bypass, cached, inherit};
use tokio::sync::Notify;

/// Counts the loads of one test.
#[derive(Clone, Default)]
struct Loads(Arc<AtomicU32>);

impl Loads {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cached(ns = "nth", ttl = "1m", tags = ["nth:{id}"], skip(loads))]
async fn nth(loads: &Loads, id: u32) -> u32 {
    id * 1_000 + loads.next()
}

#[tokio::test]
async fn a_miss_loads_and_a_hit_does_not() {
    let (cache, loads) = (Cache::memory(), Loads::default());
    cache
        .scope(async {
            assert_eq!(nth(&loads, 1).await, 1_001);
            assert_eq!(nth(&loads, 1).await, 1_001);
            assert_eq!(nth(&loads, 2).await, 2_002);
        })
        .await;
    let stats = cache.stats();
    let row = stats.namespace("nth").unwrap();
    assert_eq!((row.loads, row.memory_hits, row.misses.absent), (2, 1, 2));
    assert_eq!(row.stores, 2);
    assert!(row.stored_bytes > 0);
}

#[tokio::test]
async fn an_entry_expires_when_its_ttl_is_over() {
    let clock = Clock::manual();
    let builder = Cache::builder().clock(clock.clone()).jitter(0.0);
    let cache = builder.build().unwrap();
    let loads = Loads::default();
    cache
        .scope(async {
            nth(&loads, 1).await;
            clock.advance(Duration::from_millis(59_999));
            assert_eq!(nth(&loads, 1).await, 1_001);
            clock.advance(Duration::from_millis(1));
            assert_eq!(nth(&loads, 1).await, 1_002);
        })
        .await;
    assert_eq!(cache.stats().namespace("nth").unwrap().misses.expired, 1);
}

#[cached(ns = "fails", ttl = "1m", skip(loads))]
async fn fails_first(loads: &Loads, id: u32) -> Result<u32, String> {
    match loads.next() {
        1 => Err("the origin is away".to_owned()),
        n => Ok(id + n),
    }
}

#[tokio::test]
async fn an_error_is_returned_and_not_kept() {
    let (cache, loads) = (Cache::memory(), Loads::default());
    cache
        .scope(async {
            assert_eq!(
                fails_first(&loads, 1).await,
                Err("the origin is away".to_owned())
            );
            assert_eq!(fails_first(&loads, 1).await, Ok(3));
            assert_eq!(fails_first(&loads, 1).await, Ok(3));
        })
        .await;
    let row = cache.stats().namespace("fails").unwrap().clone();
    assert_eq!((row.loads, row.failed_loads), (1, 1));
}

#[tokio::test]
async fn each_kind_of_invalidation_clears_what_it_covers_and_no_more() {
    let (cache, loads) = (Cache::memory(), Loads::default());
    cache
        .scope(async {
            let first = nth(&loads, 1).await;
            let other = nth(&loads, 2).await;
            nth_entry(1).invalidate().await.unwrap();
            let second = nth(&loads, 1).await;
            assert_ne!(first, second);
            cache.tag("nth:1").invalidate().await.unwrap();
            let third = nth(&loads, 1).await;
            assert_ne!(second, third);
            assert_eq!(nth(&loads, 2).await, other);
            cache.namespace("nth").invalidate().await.unwrap();
            assert_ne!(nth(&loads, 1).await, third);
            assert_ne!(nth(&loads, 2).await, other);
        })
        .await;
}

#[tokio::test]
async fn names_that_are_refused_are_errors_where_a_person_asked() {
    let cache = Cache::memory();
    let error = cache.tag("").invalidate().await.unwrap_err();
    assert!(
        matches!(error, CacheError::Name { what: "tag", .. }),
        "{error}"
    );
    let error = cache.namespace("").invalidate().await.unwrap_err();
    assert!(
        matches!(
            error,
            CacheError::Name {
                what: "namespace",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_entry_can_be_read_put_refreshed_and_inspected() {
    let (cache, loads) = (Cache::memory(), Loads::default());
    cache
        .scope(async {
            let entry = nth_entry(1);
            assert_eq!(entry.get().await, None);
            assert!(entry.inspect().await.is_none());
            entry.put(77).await.unwrap();
            assert_eq!(nth(&loads, 1).await, 77);
            assert_eq!(loads.count(), 0);
            assert_eq!(entry.refresh(nth(&loads, 1)).await, 1_001);
            assert_eq!(nth(&loads, 1).await, 1_001);
            assert!(entry.inspect().await.unwrap().fresh_for > Duration::from_secs(50));
            assert!(entry.key().starts_with("cache:e:nth:{"));
        })
        .await;
}

#[tokio::test]
async fn a_refresh_reloads_its_own_key_and_no_other() {
    let (cache, loads) = (Cache::memory(), Loads::default());
    cache
        .scope(async {
            let other = nth(&loads, 2).await;
            let both = async { (nth(&loads, 1).await, nth(&loads, 2).await) };
            assert_eq!(nth_entry(1).refresh(both).await, (1_002, other));
        })
        .await;
}

#[tokio::test]
async fn scopes_and_bypass_choose_the_cache() {
    let (one, two, loads) = (Cache::memory(), Cache::memory(), Loads::default());
    let first = one.scope(nth(&loads, 1)).await;
    assert_eq!(one.scope(nth(&loads, 1)).await, first);
    assert_ne!(two.scope(nth(&loads, 1)).await, first);
    assert_ne!(one.scope(bypass(nth(&loads, 1))).await, first);
    assert_eq!(one.scope(nth(&loads, 1)).await, first);
    let off = Cache::builder().enabled(false).build().unwrap();
    let run = off.scope(nth(&loads, 1)).await;
    assert_ne!(off.scope(nth(&loads, 1)).await, run);
    one.close().await.unwrap();
    assert_ne!(one.scope(nth(&loads, 1)).await, first);
}

#[tokio::test]
async fn a_load_by_hand_is_cached_like_an_annotated_one() {
    let (cache, loads) = (Cache::memory(), Loads::default());
    let policy = Policy::new(Duration::from_secs(60));
    let load = || async { Ok::<_, String>(loads.next()) };
    for _ in 0..3 {
        assert_eq!(
            cache.get_or_load("hand", &("a", 1), &policy, load()).await,
            Ok(1)
        );
    }
    assert_eq!(
        cache.get_or_load("hand", &("a", 2), &policy, load()).await,
        Ok(2)
    );
    cache.namespace("hand").invalidate().await.unwrap();
    assert_eq!(
        cache.get_or_load("hand", &("a", 1), &policy, load()).await,
        Ok(3)
    );
}

#[cached(ns = "gated", ttl = "1m", tags = ["gated"], skip(origin, gate))]
async fn gated(origin: &Mutex<u32>, gate: &Notify, kind: u32) -> (u32, u32) {
    let read = *origin.lock().unwrap();
    gate.notified().await;
    (kind, read)
}

#[tokio::test]
async fn a_load_that_began_before_an_invalidation_is_never_served_after_it() {
    let cache = Cache::memory();
    for kind in 0..3 {
        let (origin, gate) = (Arc::new(Mutex::new(1)), Arc::new(Notify::new()));
        let older = tokio::spawn({
            let (cache, origin, gate) = (cache.clone(), Arc::clone(&origin), Arc::clone(&gate));
            async move { cache.scope(gated(&origin, &gate, kind)).await }
        });
        while cache.health().loads_under_way == 0 {
            tokio::task::yield_now().await;
        }
        *origin.lock().unwrap() = 2;
        match kind {
            0 => cache.tag("gated").invalidate().await.unwrap(),
            1 => cache.namespace("gated").invalidate().await.unwrap(),
            _ => cache
                .scope(async { gated_entry(kind).invalidate().await })
                .await
                .unwrap(),
        }
        // Both loads are let through at once; the newer one must not have joined the older.
        let newer = cache.scope(gated(&origin, &gate, kind));
        let open = async {
            while !older.is_finished() {
                gate.notify_waiters();
                gate.notify_one();
                tokio::task::yield_now().await;
            }
            older.await.unwrap()
        };
        let (newer, older) = tokio::join!(newer, open);
        assert_eq!((older, newer), ((kind, 1), (kind, 2)));
        gate.notify_one();
        assert_eq!(cache.scope(gated(&origin, &gate, kind)).await, (kind, 2));
    }
}

#[tokio::test]
async fn a_spawned_task_inherits_its_scope_and_its_bypass_if_it_is_asked_to() {
    let (cache, loads) = (Cache::memory(), Loads::default());
    let spawned = async || {
        let loads = loads.clone();
        let inside = async move { (nth(&loads, 1).await, Cache::current().is_some()) };
        tokio::spawn(inherit(inside)).await.unwrap()
    };
    assert_eq!(cache.scope(spawned()).await, (1_001, true));
    assert_eq!(cache.scope(bypass(spawned())).await, (1_002, true));
    assert_eq!(cache.scope(spawned()).await, (1_001, true));
    let around = async { bypass(inherit(nth(&loads, 1))).await };
    assert_eq!(cache.scope(around).await, 1_003);
}
