//! `tiers`: whose values are in memory alone, or in Redis alone.

use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, Tier, cached};

use crate::server;

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(ns = "local", ttl = "1h", tags = ["local:{id}"], tiers = [memory])]
async fn local(id: u32) -> u32 {
    RUNS.fetch_add(1, Ordering::SeqCst);
    id
}

#[cached(ns = "remote", ttl = "1h", tags = ["remote:{id}"], tiers = [redis])]
async fn remote(id: u32) -> u32 {
    id
}

fn counts(cache: &Cache, namespace: &str) -> (u64, u64, u64) {
    let row = cache.stats().namespace(namespace).unwrap().clone();
    (row.loads, row.memory_hits, row.redis_hits)
}

#[tokio::test]
async fn what_is_in_memory_alone_is_of_this_process_and_is_never_sent() {
    let server = server().await;
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let (here, there) = (cache(), cache());
    for cache in [&here, &there] {
        cache.connect().await.unwrap();
        cache
            .scope(async {
                local(1).await;
                local(1).await;
                assert_eq!(local_entry(1).inspect().await.unwrap().tier, Tier::Memory);
            })
            .await;
        assert_eq!(counts(cache, "local"), (1, 1, 0));
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 2, "each process has its own");
    here.scope(async {
        here.tag("local:1").invalidate().await.unwrap();
        assert_eq!(local_entry(1).get().await, None);
        local_entry(1).put(7).await.unwrap();
        assert_eq!(local(1).await, 7);
        local_entry(1).invalidate().await.unwrap();
        assert_eq!(local(1).await, 1);
        local_entry(1).refresh(local(1)).await;
    })
    .await;
    there
        .scope(async {
            assert_eq!(
                local(1).await,
                1,
                "what others invalidate does not reach it"
            );
        })
        .await;
    assert_eq!(counts(&there, "local"), (1, 2, 0));
}

#[tokio::test]
async fn what_is_in_redis_alone_takes_no_memory_and_is_invalidated_for_all() {
    let server = server().await;
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let (here, there) = (cache(), cache());
    here.scope(async {
        for _ in 0..3 {
            assert_eq!(remote(1).await, 1);
        }
        assert_eq!(remote_entry(1).inspect().await.unwrap().tier, Tier::Redis);
    })
    .await;
    assert_eq!(counts(&here, "remote"), (1, 0, 2));
    there.scope(remote(1)).await;
    there.tag("remote:1").invalidate().await.unwrap();
    here.scope(remote(1)).await;
    assert_eq!(counts(&here, "remote"), (2, 0, 2));
    let memory = Cache::memory();
    memory
        .scope(async { (remote(1).await, remote(1).await) })
        .await;
    assert_eq!(
        counts(&memory, "remote"),
        (1, 1, 0),
        "without Redis memory is all there is"
    );
}
