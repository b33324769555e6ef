//! A clock of tokio's that stands still, beside a server.

use std::time::Duration;

use cache_tests::Server;
use tokio::runtime::{Builder, Runtime};

use crate::{Cache, cached};

#[cached(ttl = "10m")]
async fn value(id: u32) -> u32 {
    id
}

/// A load, hits and an invalidation.
async fn is_of_use(cache: &Cache) {
    let before = cache
        .stats()
        .namespaces
        .first()
        .map_or(0, |row| row.redis_hits);
    cache
        .scope(async {
            for _ in 0..3 {
                assert_eq!(value(1).await, 1);
            }
            value_entry(1).invalidate().await.unwrap();
        })
        .await;
    let row = cache.stats().namespaces.swap_remove(0);
    assert_eq!(row.troubles, [].into());
    assert_eq!(row.redis_hits, before + 2);
}

#[test]
fn where_tokios_clock_stands_still_redis_is_used_as_ever() {
    let server = Runtime::new().unwrap().block_on(Server::start()).unwrap();
    let mut stopped = Builder::new_current_thread();
    let stopped = stopped.enable_all().start_paused(true).build().unwrap();
    let cache = Cache::builder().url(server.url()).memory_bytes(0);
    // A busy machine is no outage.
    let cache = cache.op_timeout(Duration::from_secs(2)).build().unwrap();
    stopped.block_on(is_of_use(&cache));
    // Nor do timers of the caller's own, each of which moves the clock by hours, end what is asked.
    stopped.block_on(async {
        let hours = async {
            loop {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
            }
        };
        tokio::select! {
            () = is_of_use(&cache) => {}
            () = hours => {}
        }
    });
}
