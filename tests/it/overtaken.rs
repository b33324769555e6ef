//! Stale values that an invalidation overtakes on their way from Redis: nobody who asks after it
//! is served one.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use cache_runtime::{Cache, cached};
use tokio::sync::Semaphore;

use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);

/// An origin whose loads wait for leave.
struct Origin {
    value: AtomicU32,
    loads: AtomicU32,
    leave: Semaphore,
}

#[cached(ns = "overtaken", ttl = "1h", stale = "1h", tags = ["t:{id}"], skip(origin))]
async fn windowed(origin: &Origin, id: u32) -> u32 {
    let value = origin.value.load(Ordering::SeqCst);
    origin.loads.fetch_add(1, Ordering::SeqCst);
    origin.leave.acquire().await.unwrap().forget();
    let _ = id;
    value
}

#[tokio::test]
async fn a_stale_value_invalidated_as_it_was_read_is_served_to_nobody_who_asks_after_that() {
    let server = server().await;
    // A server that stands still for a moment is not away.
    let cache = Cache::builder().url(server.url()).op_timeout(LIMIT);
    let cache = cache.allowance(LIMIT).build().unwrap();
    let origin = Arc::new(Origin {
        value: AtomicU32::new(1),
        loads: AtomicU32::new(0),
        leave: Semaphore::new(1),
    });
    let ask = || {
        let (cache, origin) = (cache.clone(), Arc::clone(&origin));
        Box::pin(async move { cache.scope(windowed(&origin, 1)).await })
    };
    assert_eq!(ask().await, 1);
    cache.tag("t:1").expire().await.unwrap();
    origin.value.store(2, Ordering::SeqCst);
    // Its read is sent before the invalidation, and both are answered before it goes on.
    let mut before = ask();
    server.pause().unwrap();
    let sent = poll_fn(|cx| Poll::Ready(before.as_mut().poll(cx).is_pending())).await;
    assert!(sent);
    let tag = cache.tag("t:1");
    let mut invalidating = Box::pin(tag.invalidate());
    let sent = poll_fn(|cx| Poll::Ready(invalidating.as_mut().poll(cx).is_pending())).await;
    assert!(sent);
    server.resume().unwrap();
    invalidating.await.unwrap();
    // What is read after it comes behind the pushes for it, which would overtake a load.
    let read = cache.scope(async { windowed_entry(1).inspect().await });
    assert!(read.await.is_none());
    let before = tokio::spawn(before);
    until(LIMIT, async || origin.loads.load(Ordering::SeqCst) == 2).await;
    let after = tokio::spawn(ask());
    let waiting = || cache.stats().namespace("overtaken").unwrap().waiting;
    until(LIMIT, async || waiting() == 1).await;
    origin.leave.add_permits(2);
    assert_eq!(after.await.unwrap(), 2);
    assert_eq!(before.await.unwrap(), 2);
    let loads = origin.loads.load(Ordering::SeqCst);
    assert_eq!(loads, 2, "one load serves both");
}
