//! What a caller that goes away leaves behind, and what Redis did not acknowledge.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::CacheError;

use crate::trouble::{NS, POLICY, call, on, row};

#[tokio::test]
async fn an_invalidation_that_fails_is_owed_and_done_when_the_server_is_back() {
    let mut server = crate::server().await;
    let cache = on(&server).memory_bytes(1 << 20).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    server.kill9().unwrap();
    let error = cache.namespace(NS).invalidate().await.unwrap_err();
    assert!(matches!(error, CacheError::Unavailable { .. }), "{error}");
    assert_eq!(cache.health().owed_invalidations, 1);
    assert_eq!(call(&cache, 1, 2).await.0, 2, "nothing older is served");
    server.restart().await.unwrap();
    crate::until(Duration::from_secs(5), || async {
        cache.health().owed_invalidations == 0
    })
    .await;
    call(&cache, 1, 3).await;
    crate::until(Duration::from_secs(5), || async {
        call(&cache, 1, 4).await.0 == call(&cache, 1, 5).await.0
    })
    .await;
}

#[tokio::test]
async fn what_is_owed_is_not_served_from_a_server_that_still_has_it() {
    let server = crate::server().await;
    let cache = on(&server).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    server.pause().unwrap();
    assert!(cache.namespace(NS).invalidate().await.is_err());
    server.resume().unwrap();
    // Whether the retry was quicker or not, the older value is gone for this process.
    assert_eq!(call(&cache, 1, 2).await.0, 2);
    crate::until(Duration::from_secs(5), || async {
        cache.health().owed_invalidations == 0
    })
    .await;
}

#[tokio::test]
async fn a_dropped_invalidation_is_carried_out() {
    let server = crate::server().await;
    let cache = on(&server).build().unwrap();
    assert_eq!(call(&cache, 1, 1).await.0, 1);
    let namespace = cache.namespace(NS);
    // It might be answered by the end of the first look at it.
    server.pause().unwrap();
    {
        let mut invalidation = std::pin::pin!(namespace.invalidate());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(invalidation.as_mut().poll(&mut context).is_pending());
    }
    server.resume().unwrap();
    crate::until(Duration::from_secs(5), || async {
        !server
            .keys()
            .await
            .unwrap()
            .iter()
            .any(|key| key.contains(":n:"))
    })
    .await;
    assert_eq!(call(&cache, 1, 2).await.0, 2);
}

#[tokio::test]
async fn a_dropped_load_leaves_no_lease_behind() {
    let server = crate::server().await;
    let cache = on(&server).build().unwrap();
    let runs = AtomicU32::new(0);
    let endless = async {
        runs.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<Result<u32, String>>().await
    };
    let dropped = cache.get_or_load(NS, &1, &POLICY, endless);
    assert!(
        tokio::time::timeout(Duration::from_millis(200), dropped)
            .await
            .is_err()
    );
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    crate::until(Duration::from_secs(2), || async {
        !server
            .keys()
            .await
            .unwrap()
            .iter()
            .any(|key| key.ends_with(":lease"))
    })
    .await;
    assert_eq!(row(&cache).abandoned_loads, 1);
    assert_eq!(cache.health().loads_under_way, 0);
    assert_eq!(call(&cache, 1, 1).await.0, 1);
}

#[tokio::test]
async fn closing_waits_for_what_is_owed_and_says_what_it_left() {
    let mut server = crate::server().await;
    let (one, two) = (on(&server).build().unwrap(), on(&server).build().unwrap());
    for cache in [&one, &two] {
        call(cache, 1, 1).await;
    }
    server.kill9().unwrap();
    for cache in [&one, &two] {
        assert!(cache.namespace(NS).invalidate().await.is_err());
    }
    let shown = vec![format!("namespace {NS}")];
    assert_eq!(one.health().owed, shown);
    let closed = one.close_within(Duration::from_millis(300)).await;
    assert_eq!(closed, Err(CacheError::Owed { left: 1, of: shown }));
    let (closed, back) = tokio::join!(two.close(), server.restart());
    back.unwrap();
    assert_eq!(closed, Ok(()));
    assert_eq!(two.health().owed_invalidations, 0);
}
