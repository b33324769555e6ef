//! What a hit in memory costs.

use std::time::Duration;

use cache_runtime::{Cache, cached};

#[cached(ns = "twice", ttl = "1m", tags = ["twice:{id}"])]
async fn twice(id: u32) -> u32 {
    id * 2
}

/// In memory alone, and with Redis telling it of changes.
#[tokio::test]
async fn a_hit_allocates_nothing() {
    let server = crate::server().await;
    let linked = Cache::builder().url(server.url()).build().unwrap();
    for cache in [Cache::memory(), linked] {
        cache
            .scope(async {
                twice(1).await;
                // The first hit of a thread makes room for what it hits.
                twice(1).await;
                let mut found = None;
                let counted = allocation_counter::measure(|| {
                    let call = std::pin::pin!(twice(1));
                    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                    found = Some(call.poll(&mut context));
                });
                assert_eq!(found, Some(std::task::Poll::Ready(2)));
                assert_eq!(counted.count_total, 0, "{counted:?}");
            })
            .await;
    }
}

#[tokio::test]
async fn a_loop_of_hits_in_one_task_lets_a_timer_in_another_fire() {
    let cache = Cache::memory();
    let hits = tokio::spawn(async move {
        cache
            .scope(async {
                loop {
                    twice(1).await;
                }
            })
            .await
    });
    // One thread runs both: without a yield between hits this would wait for ever.
    tokio::time::sleep(Duration::from_millis(20)).await;
    hits.abort();
    assert!(hits.await.unwrap_err().is_cancelled());
}
