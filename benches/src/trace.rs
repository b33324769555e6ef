//! A trace of requests, replayed: how often the origin loads and how long calls take, beside moka put
//! before Redis by hand, and in memory alone beside moka and the bare store.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use tokio::runtime::Runtime;

#[cfg(feature = "peers")]
use crate::peers;
use crate::report::remark;
use crate::rounds::{Measured, Quantiles, alternate_measured};
use crate::tasks::{Boxed, boxed};
use crate::user::{User, user};
use crate::worker;

/// Calls under way at once.
const TASKS: usize = 64;

/// What the origin takes.
const LOAD: Duration = Duration::from_millis(1);

/// What memory may take: room for some of the trace's objects, so that it has to choose.
const MEMORY: u64 = 2 << 20;

/// Calls, and ids, where no trace is named.
const MADE_CALLS: u64 = 100_000;
const MADE_IDS: u64 = 50_000;

static LOADS: AtomicU64 = AtomicU64::new(0);

async fn origin(id: u64) -> User {
    LOADS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(LOAD).await;
    user(id)
}

#[cached(ns = "trace", ttl = "1h")]
async fn by_id(id: u64) -> Arc<User> {
    Arc::new(origin(id).await)
}

/// A call of a contender.
type Call = Arc<dyn Fn(u64) -> Boxed + Send + Sync>;

pub(crate) fn run(file: Option<&Path>) {
    let trace: Arc<[u64]> = trace(file).into();
    let runtime = worker::background();
    let entries = entries_of_a_cache(&runtime, &trace);
    over_redis(&runtime, &trace, entries);
    remark(format_args!(
        "{} calls; memory has room for {entries} entries",
        trace.len()
    ));
    in_memory(&runtime, &trace, entries);
}

/// The ids that are asked for, one after the other: those of a file, or made up.
pub(crate) fn trace(file: Option<&Path>) -> Vec<u64> {
    match file {
        Some(file) => ids(&std::fs::read_to_string(file).expect("a file that can be read")),
        None => made(),
    }
}

/// An id a line; what is no number stands for its hash.
fn ids(text: &str) -> Vec<u64> {
    let hash = |line: &str| {
        let bytes = line.bytes().map(u64::from);
        bytes.fold(0_u64, |hash, byte| {
            hash.wrapping_mul(0x0100_0000_01b3) ^ byte
        })
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| line.parse().unwrap_or_else(|_| hash(line)))
        .collect()
}

/// Of the ids the n-th is asked for with a chance of 1/n, as in Zipf's law; always the same calls.
fn made() -> Vec<u64> {
    let mut state = 1_u64;
    let mut random = || {
        // Knuth's linear congruential generator, of which the upper bits are good.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let id = |_| (MADE_IDS as f64).powf(random()) as u64;
    (0..MADE_CALLS).map(id).collect()
}

/// What a round measures of a contender.
fn measured<'a>(row: &str, contender: &str, round: impl FnMut() -> Vec<f64> + 'a) -> Measured<'a> {
    let rows = [("loads", "loads"), ("p50", "us"), ("p99", "us")];
    let named = |(what, unit)| (format!("{row}_{what}.{contender}"), unit);
    Measured {
        figures: rows.map(named).into(),
        round: Box::new(round),
    }
}

/// A small memory before Redis, each round from nothing.
fn over_redis(runtime: &Runtime, trace: &Arc<[u64]>, entries: u64) {
    let server = runtime.block_on(Server::start()).expect("a server");
    let empty = || {
        runtime
            .block_on(server.run(&["FLUSHALL"]))
            .expect("a reply")
    };
    let url = server.url();
    #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
    let mut contenders = vec![measured("redis", "ours", || {
        empty();
        let cache = Cache::builder()
            .url(url.clone())
            .memory_bytes(MEMORY)
            .build();
        runtime.block_on(replay(trace, ours(cache.expect("a cache"))))
    })];
    #[cfg(feature = "peers")]
    contenders.push(measured("redis", "moka_by_hand", || {
        empty();
        runtime.block_on(async {
            let moka = peers::moka::OverRedis::connect(&url, entries).await;
            let call = move |id| {
                let moka = moka.clone();
                boxed(async move {
                    moka.read(id, origin(id)).await;
                })
            };
            replay(trace, Arc::new(call)).await
        })
    }));
    alternate_measured("trace", contenders);
    #[cfg(not(feature = "peers"))]
    let _ = entries;
}

/// How many of the trace's entries memory keeps in the room that it has.
fn entries_of_a_cache(runtime: &Runtime, trace: &Arc<[u64]>) -> u64 {
    let cache = small();
    runtime.block_on(replay(trace, ours(cache.clone())));
    cache.health().memory_entries as u64
}

/// A cache in memory alone, as small.
fn small() -> Cache {
    let builder = Cache::builder().url("memory:").memory_bytes(MEMORY);
    builder.build().expect("a cache")
}

/// Memory alone, with room for as many entries in each contender.
fn in_memory(runtime: &Runtime, trace: &Arc<[u64]>, entries: u64) {
    #[cfg_attr(not(feature = "peers"), expect(unused_mut, reason = "it is all"))]
    let mut contenders = vec![
        measured("memory", "ours", || {
            runtime.block_on(replay(trace, ours(small())))
        }),
        measured("memory", "quick_cache", || {
            runtime.block_on(replay(trace, bare(entries)))
        }),
    ];
    #[cfg(feature = "peers")]
    contenders.push(measured("memory", "moka", || {
        let moka = moka::future::Cache::<u64, Arc<User>>::new(entries);
        let call = move |id| {
            let moka = moka.clone();
            boxed(async move {
                let load = async { Arc::new(origin(id).await) };
                moka.get_with(id, load).await;
            })
        };
        runtime.block_on(replay(trace, Arc::new(call)))
    }));
    alternate_measured("trace", contenders);
}

fn ours(cache: Cache) -> Call {
    Arc::new(move |id| {
        let cache = cache.clone();
        boxed(async move {
            cache.scope(by_id(id)).await;
        })
    })
}

fn bare(entries: u64) -> Call {
    let store = quick_cache::sync::Cache::<u64, Arc<User>>::new(entries as usize);
    let store = Arc::new(store);
    Arc::new(move |id| {
        let store = Arc::clone(&store);
        boxed(async move {
            let load = async { Ok::<_, std::convert::Infallible>(Arc::new(origin(id).await)) };
            let Ok(_) = store.get_or_insert_async(&id, load).await;
        })
    })
}

/// Loads, and the quantiles of what the calls took, in microseconds.
async fn replay(trace: &Arc<[u64]>, call: Call) -> Vec<f64> {
    LOADS.store(0, Ordering::Relaxed);
    let next = Arc::new(AtomicU64::new(0));
    let samples = Arc::new(Mutex::new(Vec::with_capacity(trace.len())));
    let tasks = (0..TASKS).map(|_| {
        let (trace, call) = (Arc::clone(trace), Arc::clone(&call));
        let (next, samples) = (Arc::clone(&next), Arc::clone(&samples));
        tokio::spawn(async move {
            let mut own = Vec::new();
            while let Some(&id) = trace.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                let start = Instant::now();
                call(id).await;
                own.push(start.elapsed().as_secs_f64() * 1e6);
            }
            samples.lock().expect("whole").append(&mut own);
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("a task");
    }
    let samples = std::mem::take(&mut *samples.lock().expect("whole"));
    let Quantiles { p50, p99 } = Quantiles::of(samples);
    vec![LOADS.load(Ordering::Relaxed) as f64, p50, p99]
}

#[cfg(test)]
mod tests {
    use super::{MADE_IDS, ids, made};

    #[test]
    fn lines_are_ids() {
        let found = ids("7\n 8 \n\nobject\nobject\n");
        assert_eq!(found[..2], [7, 8]);
        assert_eq!(found.len(), 4);
        assert_eq!(found[2], found[3]);
    }

    #[test]
    fn a_made_trace_prefers_few() {
        let trace = made();
        let often = trace.iter().filter(|id| **id < 100).count();
        assert!(
            often > trace.len() / 3 && often < trace.len() / 2,
            "{often}"
        );
        assert!(trace.iter().all(|id| *id < MADE_IDS));
    }
}
