//! Set-up and then so many calls of one thing, for `cargo xtask bench-check`, which counts the instructions
//! of so many calls and of twice as many: the difference is that of the calls alone.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Cache, KeyWriter, cached};
use cache_tests::Server;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use crate::report::say;

/// What the program is called with to count.
pub(crate) const ASKED: &str = "count";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    admin: bool,
}

fn make(id: u64) -> User {
    let name = format!("user {id}");
    let admin = id == 0;
    User { id, name, admin }
}

#[cached(ns = "shared", ttl = "1h")]
async fn shared(id: u64) -> Arc<User> {
    Arc::new(make(id))
}

#[cached(ns = "one", ttl = "1h")]
async fn one(id: u64) -> User {
    make(id)
}

#[cached(ns = "many", ttl = "1h")]
async fn many(count: u64) -> Vec<User> {
    (0..count).map(make).collect()
}

/// What is counted, and how many calls of it.
pub(crate) fn run(words: &[&str]) -> ExitCode {
    let [what, calls] = words else {
        return usage();
    };
    let Ok(calls) = calls.parse() else {
        return usage();
    };
    match *what {
        "key" => key(calls),
        "memory_hit" => memory_hit(calls),
        "redis_hit" => redis_hits(calls, || one(1)),
        "redis_hit_among_256" => redis_hits_among(256, calls),
        "redis_hit_of_100" => redis_hits(calls, || many(100)),
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    say(format_args!(
        "usage: cache-bench count key|memory_hit|redis_hit|redis_hit_of_100 <calls>"
    ));
    ExitCode::FAILURE
}

fn key(calls: u64) {
    for id in 0..calls {
        let mut key = KeyWriter::new();
        key.value(black_box(&id));
        key.value(black_box("a name of 20 letters"));
        black_box(key.as_bytes());
    }
}

fn memory_hit(calls: u64) {
    let cache = Cache::memory();
    let all = cache.scope(async {
        for _ in 0..calls {
            black_box(shared(black_box(1)).await);
        }
    });
    runtime().block_on(all);
    assert_loads(&cache, 1);
}

/// A cache without memory, and its server, whose instructions are not counted.
fn on_a_server(runtime: &Runtime) -> (Server, Cache) {
    let server = runtime.block_on(Server::start()).expect("a server");
    let cache = Cache::builder()
        .url(server.url())
        .memory_bytes(0)
        // To publish statistics, the file of the program is read: once, somewhere in the time that is counted.
        .fleet(false)
        // What is counted runs many times slower.
        .op_timeout(Duration::from_secs(30))
        .build();
    (server, cache.expect("a cache"))
}

/// Of one task.
fn redis_hits<F: Future>(calls: u64, call: impl Fn() -> F) {
    let runtime = runtime();
    let (_server, cache) = on_a_server(&runtime);
    let all = cache.scope(async {
        for _ in 0..calls {
            black_box(call().await);
        }
    });
    runtime.block_on(all);
    assert_loads(&cache, 1);
}

/// Of tasks that read at the same time.
fn redis_hits_among(tasks: u64, calls: u64) {
    let runtime = runtime();
    let (_server, cache) = on_a_server(&runtime);
    runtime.block_on(cache.scope(async {
        for id in 0..tasks {
            one(id).await;
        }
    }));
    let all = async {
        let tasks = (0..tasks).map(|task| {
            let cache = cache.clone();
            tokio::spawn(async move {
                let all = async {
                    for _ in 0..calls / tasks {
                        black_box(one(task).await);
                    }
                };
                cache.scope(all).await;
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("a task");
        }
    };
    runtime.block_on(all);
    assert_loads(&cache, tasks);
}

fn runtime() -> Runtime {
    let built = Builder::new_current_thread().enable_all().build();
    built.expect("a runtime")
}

/// Every call but the first was a hit.
fn assert_loads(cache: &Cache, expected: u64) {
    let rows = cache.stats().namespaces;
    let loads = rows.iter().map(|row| row.loads).sum::<u64>();
    assert_eq!(loads, expected);
}
