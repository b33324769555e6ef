//! What `#[cache_invalidate]` does, however its function ends.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cache_invalidate, cached};
use tokio::sync::Notify;

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "name", ttl = "1m", tags = ["name:{id}"])]
async fn name(id: u32) -> (u32, u32) {
    (id, RUNS.fetch_add(1, Ordering::SeqCst))
}

#[cache_invalidate(tags = ["name:{id}"])]
async fn by_tag(id: u32, fails: bool) -> Result<u32, String> {
    if fails {
        Err("after the commit".into())
    } else {
        Ok(id)
    }
}

#[cache_invalidate(tags = ["name:{id}"], on = "ok")]
async fn only_ok(id: u32, fails: bool) -> Result<u32, String> {
    if fails {
        Err("nothing was done".into())
    } else {
        Ok(id)
    }
}

#[cache_invalidate(entries = [name_entry(id)])]
async fn by_entry(id: u32) -> u32 {
    id
}

#[cache_invalidate(namespaces = ["name"])]
async fn by_namespace() {}

#[cache_invalidate(tags = ["name:{id}"])]
async fn waits(id: u32, gate: &Notify) -> u32 {
    gate.notified().await;
    id
}

#[cache_invalidate(tags = ["name:{id}"], on = "ok")]
async fn waits_only_ok(id: u32, gate: &Notify) -> Result<u32, String> {
    gate.notified().await;
    Ok(id)
}

#[cache_invalidate(tags = ["name:{id}"], before)]
async fn before_too(id: u32, seen: &AtomicU32) {
    seen.store(name(id).await.1, Ordering::SeqCst);
}

/// Whether the act made the next read load anew.
async fn clears<F: Future>(cache: &Cache, id: u32, act: F) -> bool {
    cache
        .scope(async {
            let before = name(id).await;
            assert_eq!(name(id).await, before, "a hit");
            act.await;
            name(id).await != before
        })
        .await
}

/// Polls once and drops.
async fn begin_and_drop<F: Future>(future: F) {
    let polled = tokio::time::timeout(Duration::from_millis(1), future).await;
    assert!(polled.is_err());
}

async fn every_end(cache: Cache) {
    let gate = Notify::new();
    assert!(clears(&cache, 1, by_tag(1, false)).await);
    assert!(
        clears(&cache, 1, by_tag(1, true)).await,
        "an error may hide a commit"
    );
    assert!(!clears(&cache, 1, by_tag(2, false)).await, "another's tag");
    assert!(clears(&cache, 1, only_ok(1, false)).await);
    assert!(!clears(&cache, 1, only_ok(1, true)).await);
    assert!(clears(&cache, 1, by_entry(1)).await);
    assert!(!clears(&cache, 1, by_entry(2)).await, "another entry");
    assert!(clears(&cache, 1, by_namespace()).await);
    assert!(
        clears(&cache, 1, begin_and_drop(waits(1, &gate))).await,
        "half-way is owed"
    );
    // It is carried out in the background, and would clear what is read next.
    crate::until(Duration::from_secs(5), || async {
        cache.health().owed_invalidations == 0
    })
    .await;
    assert!(!clears(&cache, 1, begin_and_drop(waits_only_ok(1, &gate))).await);
    // Never polled, never begun.
    assert!(!clears(&cache, 1, async { drop(waits(1, &gate)) }).await);
    let seen = AtomicU32::new(0);
    cache
        .scope(async {
            let (_, old) = name(1).await;
            before_too(1, &seen).await;
            let inside = seen.load(Ordering::SeqCst);
            assert_ne!(inside, old, "cleared before the function ran");
            assert_ne!(name(1).await.1, inside, "and after it");
        })
        .await;
}

#[tokio::test]
async fn in_memory_each_end_of_the_function_clears_what_it_should() {
    every_end(Cache::memory()).await;
}

#[tokio::test]
async fn with_redis_each_end_of_the_function_clears_what_it_should() {
    let server = crate::server().await;
    every_end(
        Cache::builder()
            .url(server.url())
            .prefix("one")
            .build()
            .unwrap(),
    )
    .await;
    let off = Cache::builder()
        .url(server.url())
        .prefix("two")
        .memory_bytes(0);
    every_end(off.build().unwrap()).await;
}

#[derive(cache_runtime::CacheTag)]
struct Of(u32);

#[cached(ns = "listed", ttl = "1h", tags = [Of(id)])]
async fn listed(id: u32) -> u32 {
    id
}

#[cache_invalidate(tags = ids.iter().map(|id| Of(*id)))]
async fn by_tags(ids: &[u32]) {
    let _ = ids;
}

#[cache_invalidate(entries = ids.iter().map(|id| listed_entry(*id)))]
async fn by_entries(ids: Vec<u32>) -> usize {
    ids.len()
}

#[cache_invalidate(tags_from = |found| found.iter().map(|id| Of(*id)).collect::<Vec<_>>())]
async fn by_what_it_returns(ids: &[u32], fails: bool) -> Result<Vec<u32>, String> {
    match fails {
        true => Err("no".to_owned()),
        false => Ok(ids.to_vec()),
    }
}

#[tokio::test]
async fn any_number_is_invalidated_and_what_the_return_tells() {
    let test = Cache::testing();
    test.run(async {
        let all = async || {
            for id in 1..4 {
                listed(id).await;
            }
            test.loads(&listed)
        };
        assert_eq!(all().await, 3);
        by_tags(&[1, 2]).await;
        assert_eq!(all().await, 5);
        by_entries(vec![2, 3]).await;
        assert_eq!(all().await, 7);
        by_what_it_returns(&[1], false).await.unwrap();
        assert_eq!(all().await, 8);
        by_what_it_returns(&[1], true).await.unwrap_err();
        by_tags(&[]).await;
        assert_eq!(all().await, 8);
    })
    .await;
}
