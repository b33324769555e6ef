//! Ten thousand callers that ask for one cold key at once: how many loads, how long until all of them
//! have the value, and what each takes of memory while it waits.
//!
//! Each contender runs in a process of its own: memory that was used before and given back would be
//! used again, and not show.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;

use crate::gate::Gate;
#[cfg(feature = "peers")]
use crate::peers;
use crate::rounds::{Measured, alternate_measured};
use crate::user::User;
use crate::worker::{self, Worker, answer};

/// What a worker of this suite is called with.
pub(crate) const NAME: &str = "herd";

const CALLERS: i64 = 10_000;

/// How long they are left alone once each has been polled, so that what goes on behind a call has ended.
const SETTLE: Duration = Duration::from_millis(200);

#[cached(ns = "herd", ttl = "1h", skip(gate))]
async fn cold(gate: Arc<Gate>, id: u64) -> Arc<User> {
    let _ = id;
    gate.load().await
}

#[cfg(not(feature = "peers"))]
const CONTENDERS: &[&str] = &["plain", "ours", "ours_over_redis"];
#[cfg(feature = "peers")]
const CONTENDERS: &[&str] = &[
    "plain",
    "ours",
    "ours_over_redis",
    "cached",
    "moka",
    "foyer",
    "hitbox",
];

pub(crate) fn run() {
    let runtime = worker::background();
    let server = runtime.block_on(Server::start()).expect("a server");
    let url = server.url();
    let (runtime, server, url) = (&runtime, &server, &url);
    let rows = [
        ("loads", "loads"),
        ("until_all_have_it", "us"),
        ("a_caller", "bytes"),
    ];
    let contenders = CONTENDERS.iter().map(|name| Measured {
        figures: rows
            .map(|(row, unit)| (format!("{row}.{name}"), unit))
            .into(),
        round: Box::new(move || {
            runtime
                .block_on(server.run(&["FLUSHALL"]))
                .expect("a reply");
            let mut worker = Worker::start(NAME, &format!("{name} {url}"));
            worker
                .hear()
                .into_iter()
                .map(|number| number as f64)
                .collect()
        }),
    });
    alternate_measured("herd", contenders.collect());
}

/// The worker's side: one herd of a contender, on a server.
pub(crate) fn work(words: &str) {
    let (contender, url) = words.split_once(' ').expect("a contender and a url");
    let runtime = worker::background();
    let gate = Gate::new();
    let numbers = match contender {
        "plain" => runtime.block_on(herd(&gate, |gate| async move {
            gate.load().await;
        })),
        "ours" => runtime.block_on(ours(&gate, Cache::memory())),
        "ours_over_redis" => {
            let cache = worker::cache(&runtime, url);
            runtime.block_on(ours(&gate, cache))
        }
        #[cfg(feature = "peers")]
        other => runtime.block_on(peer(&gate, other)),
        #[cfg(not(feature = "peers"))]
        other => panic!("no contender is called {other}"),
    };
    answer(&numbers);
}

/// As the process's default, which is how a program has it.
async fn ours(gate: &Arc<Gate>, cache: Cache) -> [i64; 3] {
    cache.install().expect("no other");
    let call = |gate| async move {
        cold(gate, 1).await;
    };
    herd(gate, call).await
}

#[cfg(feature = "peers")]
async fn peer(gate: &Arc<Gate>, name: &str) -> [i64; 3] {
    match name {
        "cached" => {
            let call = |gate| async move {
                peers::cached::cold(gate, 1).await;
            };
            herd(gate, call).await
        }
        "moka" => {
            let cache = peers::moka::memory();
            let call = |gate: Arc<Gate>| {
                let cache = cache.clone();
                async move {
                    let load = async move { gate.load().await };
                    cache.get_with((1, String::new()), load).await;
                }
            };
            herd(gate, call).await
        }
        "foyer" => {
            let cache = peers::foyer::memory();
            let call = |gate| {
                let cache = cache.clone();
                async move {
                    peers::foyer::cold(&cache, gate).await;
                }
            };
            herd(gate, call).await
        }
        "hitbox" => {
            let cache = peers::hitbox::shared();
            let call = |gate| {
                let cache = cache.clone();
                async move {
                    peers::hitbox::cold(gate, 1).cache(&cache).await;
                }
            };
            herd(gate, call).await
        }
        other => panic!("no contender is called {other}"),
    }
}

/// Loads, microseconds from when the loads may end until all callers have a value, and bytes a caller.
async fn herd<F>(gate: &Arc<Gate>, call: impl Fn(Arc<Gate>) -> F) -> [i64; 3]
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = Vec::with_capacity(CALLERS as usize);
    let before = resident_bytes();
    for _ in 0..CALLERS {
        let (gate, call) = (Arc::clone(gate), call(Arc::clone(gate)));
        tasks.push(tokio::spawn(async move {
            gate.arrived.fetch_add(1, Ordering::Relaxed);
            call.await;
        }));
    }
    while gate.arrived.load(Ordering::Relaxed) < CALLERS {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(SETTLE).await;
    let bytes = (resident_bytes() - before) / CALLERS;
    let start = Instant::now();
    gate.is_open.send_replace(true);
    for task in tasks {
        task.await.expect("a caller");
    }
    let took = start.elapsed().as_micros() as i64;
    [gate.loads.load(Ordering::Relaxed), took, bytes]
}

/// What this process has in memory.
fn resident_bytes() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok());
    kibibytes.expect("a number") * 1_024
}
