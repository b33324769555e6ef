//! Leases that are nobody's: what a snapshot brings back, and what lost its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use tokio::time::timeout;

use crate::{server, until};

/// Far shorter than a lease lives here, or than anyone waits for its holder.
const LIMIT: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(600);

/// Its first load never ends.
#[derive(Default)]
struct Origin(AtomicU32);

#[cached(ns = "leased", ttl = "1h", wait = "20m", skip(origin))]
async fn leased(origin: &Origin, id: u32) -> u32 {
    let run = origin.0.fetch_add(1, Ordering::SeqCst);
    if run == 0 {
        std::future::pending::<()>().await;
    }
    id + run
}

fn cache(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url()).lease(LONG);
    // A busy machine is no outage.
    cache.op_timeout(Duration::from_secs(5)).build().unwrap()
}

/// A cache whose load hangs, and the lease that it holds.
async fn hanging(server: &Server, origin: &Arc<Origin>) -> (tokio::task::JoinHandle<u32>, String) {
    let (cache, origin) = (cache(server), Arc::clone(origin));
    let seen = Arc::clone(&origin);
    let key = cache
        .scope(async { leased_entry(1).key().to_owned() })
        .await;
    let load = tokio::spawn(async move { cache.scope(leased(&origin, 1)).await });
    until(LIMIT, async || seen.0.load(Ordering::SeqCst) == 1).await;
    (load, key + ":lease")
}

/// Another loads without waiting for anyone, and what it loads is stored.
async fn loads_and_stores(server: &Server, origin: &Origin) {
    let other = cache(server);
    // It takes its time to connect to a server that is just there again.
    let read = other
        .scope(async { until(LIMIT, async || leased_entry(2).inspect().await.is_none()).await });
    read.await;
    let loaded = timeout(LIMIT, other.scope(leased(origin, 1))).await;
    assert_eq!(loaded.expect("it waits for nobody"), 2);
    let stats = other.stats();
    assert_eq!(stats.namespace("leased").unwrap().stores, 1);
    let third = cache(server);
    assert_eq!(third.scope(leased(origin, 1)).await, 2, "it is stored");
}

#[tokio::test]
async fn a_lease_that_a_snapshot_brings_back_is_waited_for_by_nobody() {
    let mut server = server().await;
    let origin = Arc::new(Origin::default());
    let (load, lease) = hanging(&server, &origin).await;
    server.run(&["SAVE"]).await.unwrap();
    server.kill9().unwrap();
    server.restart().await.unwrap();
    assert!(server.keys().await.unwrap().contains(&lease), "it is back");
    loads_and_stores(&server, &origin).await;
    assert!(!load.is_finished());
    load.abort();
}

#[tokio::test]
async fn a_lease_without_an_end_is_taken_over() {
    let server = server().await;
    let origin = Arc::new(Origin::default());
    let (load, lease) = hanging(&server, &origin).await;
    let persisted = server.run(&["PERSIST", &lease]).await.unwrap();
    assert_eq!(persisted, redis::Value::Int(1));
    loads_and_stores(&server, &origin).await;
    assert!(!load.is_finished());
    load.abort();
}

#[tokio::test]
async fn what_another_program_left_in_a_leases_place_is_taken_over() {
    let server = server().await;
    let origin = Origin(AtomicU32::new(1));
    let cache = cache(&server);
    let key = cache
        .scope(async { leased_entry(1).key().to_owned() })
        .await;
    for left in ["", "nostore", "sixteen bytes 16"] {
        let lease = format!("{key}:lease");
        server.run(&["SET", &lease, left]).await.unwrap();
        let loaded = timeout(LIMIT, cache.scope(leased(&origin, 1))).await;
        assert!(loaded.is_ok(), "{left:?}");
        assert!(!server.keys().await.unwrap().contains(&lease), "{left:?}");
        cache
            .scope(async { leased_entry(1).invalidate().await })
            .await
            .unwrap();
    }
}
