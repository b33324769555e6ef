//! Hits in Redis over one, two and four connections: values of several sizes by themselves, and small
//! ones while large ones are read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::report::figure;
use crate::rounds::{Contender, alternate};

const KEYS: u64 = 128;
const TASKS: u64 = 64;
const CONNECTIONS: [usize; 3] = [1, 2, 4];

/// Bytes a value, and so many calls a round.
const SIZES: [(usize, u64); 4] = [
    (100, 40_000),
    (4 << 10, 20_000),
    (64 << 10, 3_000),
    (512 << 10, 500),
];

#[cached(ns = "pools", ttl = "1h", skip(bytes))]
async fn value(id: u64, bytes: usize) -> Arc<Vec<u8>> {
    Arc::new((0..bytes).map(|at| (at as u64 ^ id) as u8).collect())
}

#[cached(ns = "pools-small", ttl = "1h")]
async fn small(id: u64) -> u64 {
    id
}

pub(crate) fn run() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    for (bytes, calls) in SIZES {
        throughput(&runtime, bytes, calls);
    }
    beside_large_ones(&runtime);
}

struct Bench {
    _server: Server,
    /// With so many connections each.
    caches: Vec<(usize, Cache)>,
}

impl Bench {
    async fn start(bytes: usize) -> Self {
        let server = Server::start().await.expect("a server");
        let cache = |connections| {
            let cache = Cache::builder()
                .url(server.url())
                .memory_bytes(0)
                .connections(connections)
                .op_timeout(Duration::from_secs(20));
            (connections, cache.build().expect("a cache"))
        };
        let caches: Vec<_> = CONNECTIONS.map(cache).into();
        for (_, cache) in &caches {
            for id in 0..KEYS {
                cache.scope(value(id, bytes)).await;
                cache.scope(small(id)).await;
            }
        }
        Self {
            _server: server,
            caches,
        }
    }
}

fn throughput(runtime: &Runtime, bytes: usize, calls: u64) {
    let bench = runtime.block_on(Bench::start(bytes));
    let names: Vec<_> = CONNECTIONS
        .map(|count| format!("{bytes}_bytes_{count}_connections"))
        .into();
    let contenders = bench.caches.iter().zip(&names);
    let contenders = contenders.map(|((_, cache), name)| {
        Contender::new(name, || runtime.block_on(hits(cache, bytes, calls)))
    });
    let medians = alternate("pools", "calls/s", contenders.collect());
    for (at, count) in CONNECTIONS.iter().enumerate().skip(1) {
        let ratio = format!("pools.{bytes}_bytes_{count}_over_1");
        figure(&ratio, medians[at] / medians[0], "ratio");
    }
}

/// Calls a second.
async fn hits(cache: &Cache, bytes: usize, calls: u64) -> f64 {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let cache = cache.clone();
        tasks.spawn(async move {
            let calls = async {
                for call in 0..calls / TASKS {
                    value((task * 7 + call) % KEYS, bytes).await;
                }
            };
            cache.scope(calls).await;
        });
    }
    tasks.join_all().await;
    calls as f64 / start.elapsed().as_secs_f64()
}

fn beside_large_ones(runtime: &Runtime) {
    const LARGE: usize = 512 << 10;
    let bench = runtime.block_on(Bench::start(LARGE));
    let names: Vec<_> = CONNECTIONS
        .map(|count| format!("small_beside_large_{count}_connections"))
        .into();
    let contenders = bench.caches.iter().zip(&names);
    let contenders = contenders
        .map(|((_, cache), name)| Contender::new(name, || runtime.block_on(beside(cache, LARGE))));
    let medians = alternate("pools", "us", contenders.collect());
    for (at, count) in CONNECTIONS.iter().enumerate().skip(1) {
        let ratio = format!("pools.small_beside_large_{count}_over_1");
        figure(&ratio, medians[at] / medians[0], "ratio");
    }
}

/// The median time of a small read while four tasks read large values, in microseconds.
async fn beside(cache: &Cache, bytes: usize) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let mut large = JoinSet::new();
    for task in 0..4 {
        let (cache, over) = (cache.clone(), Arc::clone(&over));
        large.spawn(async move {
            let mut id = task;
            while !over.load(Ordering::Relaxed) {
                cache.scope(value(id % KEYS, bytes)).await;
                id += 7;
            }
        });
    }
    let mut took = Vec::new();
    for id in 0..400 {
        let start = Instant::now();
        cache.scope(small(id % KEYS)).await;
        took.push(start.elapsed());
    }
    over.store(true, Ordering::Relaxed);
    large.join_all().await;
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1e6
}
