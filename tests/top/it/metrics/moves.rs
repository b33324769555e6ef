//! Each metric of the list moves where what it tells of happens.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cache_metrics::{Exporter, metrics};
use cache_runtime::{Cache, LoadTimeout, cached};
use cache_tests::{Cluster, Server};

use super::{number, sample};

#[cached(ns = "moves", ttl = "1h", cost_per_load = 0.5, tags = ["moves:{id}"])]
async fn plain(id: u64) -> Vec<u8> {
    vec![1; 16 << 10]
}

#[cached(ns = "moves", ttl = "50ms", stale = "1h", refresh = "background")]
async fn stale(id: u64) -> Result<u64, String> {
    match id {
        0 => Err("it fails".to_owned()),
        id => Ok(id),
    }
}

/// Its first load ends, and no refresh of it.
#[cached(ns = "moves", ttl = "50ms", stale = "1h", refresh = "background")]
async fn stuck() -> u64 {
    static LOADS: AtomicU64 = AtomicU64::new(0);
    match LOADS.fetch_add(1, Ordering::SeqCst) {
        0 => 0,
        _ => std::future::pending().await,
    }
}

/// It takes longer than it may.
#[cached(ns = "moves", ttl = "1h", load_timeout = "10ms")]
async fn late(id: u64) -> Result<u64, LoadTimeout> {
    std::future::pending::<()>().await;
    Ok(id)
}

/// Its first load gives a value, and the others fail.
#[cached(ns = "moves", ttl = "50ms", stale = "1h", refresh = "caller")]
async fn failing() -> Result<u64, String> {
    static LOADS: AtomicU64 = AtomicU64::new(0);
    match LOADS.fetch_add(1, Ordering::SeqCst) {
        0 => Ok(0),
        _ => Err("it fails".to_owned()),
    }
}

#[cached(ns = "moves", ttl = "1h", error_ttl = "1h")]
async fn remembered(id: u64) -> Result<u64, String> {
    Err(format!("{id} fails"))
}

#[cached(ns = "moves", ttl = "1h")]
async fn slow(id: u64) -> u64 {
    SLOW_RUNS.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    id
}

#[cached(ns = "moves", ttl = "1h", max_value = 10)]
async fn large(id: u64) -> String {
    format!("{id:0>100}")
}

/// Each hit is compared with what it gives now: another value each time.
#[cached(ns = "moves", ttl = "1h", audit = 1.0)]
async fn changing() -> u64 {
    static LOADS: AtomicU64 = AtomicU64::new(0);
    LOADS.fetch_add(1, Ordering::SeqCst)
}

/// Asks until it is so.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < limit, "not within 20 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

static SLOW_RUNS: AtomicU64 = AtomicU64::new(0);
const SLOW: [&str; 2] = ["moves", "top::metrics::moves::slow"];
const FAILING: [&str; 2] = ["moves", "top::metrics::moves::failing"];
const CHANGING: [&str; 3] = ["moves", "top::metrics::moves::changing", "outdated"];
const STALE: [&str; 2] = ["moves", "top::metrics::moves::stale"];

/// The names of the metrics of which some sample is not zero.
fn moved(exporter: &Exporter) -> BTreeSet<&'static str> {
    let families = exporter.families();
    let moved = families.iter().filter(|family| {
        let mut samples = family.samples.iter();
        samples.any(|sample| number(&sample.value) > 0.0)
    });
    moved.map(|family| family.metric.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_metric_moves() {
    let mut server = Server::start().await.unwrap();
    let build = || {
        let builder = Cache::builder().url(server.url()).max_refreshes(1);
        builder
            .memory_bytes(1 << 20)
            .op_timeout(Duration::from_millis(200))
            .lag(Duration::from_millis(500))
            .build()
            .unwrap()
    };
    let (here, there) = (build(), build());
    let exporter = Exporter::new(&here);
    let mut seen = BTreeSet::new();
    here.connect().await.unwrap();
    there.connect().await.unwrap();
    server
        .run(&["CONFIG", "SET", "maxmemory", "1gb"])
        .await
        .unwrap();
    let asked = exporter.watch_servers().unwrap();

    // Another process loads: this one waits for its lease; two calls here wait for one load.
    let on = |cache: &Cache| {
        let cache = cache.clone();
        tokio::spawn(async move { cache.scope(slow(1)).await })
    };
    let elsewhere = on(&there);
    until(async || SLOW_RUNS.load(Ordering::SeqCst) > 0).await;
    let (first, second) = (on(&here), on(&here));
    until(async || sample(&exporter, "waiting_calls", &SLOW).is_some()).await;
    seen.extend(moved(&exporter));
    for call in [elsewhere, first, second] {
        assert_eq!(call.await.unwrap(), 1);
    }

    here.scope(async {
        // More than memory has room for.
        for id in 0..128 {
            plain(id).await;
            plain(id).await;
        }
        for _ in 0..2 {
            let _ = stale(0).await;
            let _ = remembered(1).await;
            large(1).await;
            assert!(late(1).await.is_err());
            assert_eq!(stale(1).await, Ok(1));
        }
        // One refresh is under way for good, so that no other begins.
        stuck().await;
        until(async || {
            stuck().await;
            assert_eq!(stale(1).await, Ok(1));
            sample(&exporter, "skipped_refreshes", &STALE).is_some()
        })
        .await;
        here.tag("moves:1").invalidate().await.unwrap();
        until(async || {
            assert_eq!(changing().await, 0);
            sample(&exporter, "audits", &CHANGING).is_some()
        })
        .await;
        // A value is past its ttl, and its load fails.
        until(async || {
            assert_eq!(failing().await, Ok(0));
            sample(&exporter, "stale_on_error", &FAILING).is_some()
        })
        .await;
        // Another process invalidates what memory here has.
        until(async || {
            plain(63).await;
            there.tag("moves:63").invalidate().await.unwrap();
            sample(&exporter, "received_invalidations", &[]) > Some(0.0)
        })
        .await;
        there.namespace("moves").invalidate().await.unwrap();
    })
    .await;
    seen.extend(moved(&exporter));

    // Redis goes away, and comes back.
    server.kill9().unwrap();
    here.scope(async {
        until(async || here.tag("moves:2").invalidate().await.is_err()).await;
        plain(2).await;
    })
    .await;
    seen.extend(moved(&exporter));
    server.restart().await.unwrap();
    here.connect().await.unwrap();
    seen.extend(moved(&exporter));
    // The server counts from its start, and was asked when it had served nothing yet.
    for words in [
        ["SET", "other", "1"].as_slice(),
        &["GET", "other"],
        &["GET", "none"],
    ] {
        server.run(words).await.unwrap();
    }
    drop(asked);
    let _asked = exporter.watch_servers().unwrap();
    until(async || {
        let moved = moved(&exporter);
        let served = ["redis_keyspace_hits", "redis_keyspace_misses"];
        served.iter().all(|name| moved.contains(name))
    })
    .await;
    seen.extend(moved(&exporter));
    let cluster = Cluster::start().await.unwrap();
    let clustered = Cache::builder().url(cluster.url()).build().unwrap();
    clustered.connect().await.unwrap();
    let clustered = Exporter::new(&clustered);
    let _asked = clustered.watch_servers().unwrap();
    until(async || moved(&clustered).contains("redis_cluster_state")).await;
    seen.extend(moved(&clustered));

    let all: BTreeSet<_> = metrics().map(|metric| metric.name).collect();
    let still: Vec<_> = all.difference(&seen).collect();
    assert!(still.is_empty(), "{still:?}");
}
