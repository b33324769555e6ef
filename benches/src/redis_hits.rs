//! A hit in Redis, memory off, beside a bare GET of the same bytes by the client it stands on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use redis::aio::MultiplexedConnection;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

use crate::cores::on_one_core;
use crate::report::figure;
use crate::rounds::{Contender, alternate};

const KEYS: u64 = 1_000;

#[cached(ns = "bench", ttl = "1h")]
async fn value(id: u64) -> String {
    format!("{id:0>100}")
}

pub(crate) fn run() {
    on_one_core(|| {
        let runtime = Builder::new_current_thread().enable_all().build();
        suite(&runtime.expect("a runtime"), 1, 10_000, "");
    });
    // On two cores one worker leaves the server a core of its own; two workers compete with it.
    for (workers, name) in [(1, "_1_worker"), (2, "_2_workers")] {
        for tasks in [1, 64, 256] {
            let runtime = Builder::new_multi_thread()
                .worker_threads(workers)
                .enable_all()
                .build();
            let calls = if tasks == 1 { 10_000 } else { 100_000 };
            suite(&runtime.expect("a runtime"), tasks, calls, name);
        }
    }
}

fn suite(runtime: &Runtime, tasks: u64, calls: u64, name: &str) {
    let bench = runtime.block_on(Bench::start());
    // Of several threads, the runtime may drive the connection itself.
    let is_home = runtime.handle().runtime_flavor() == RuntimeFlavor::MultiThread;
    let driven = is_home.then(|| bench.cache_on(Some(runtime.handle().clone())));
    let names = ["bare_get", "hit", "hit_driven_by_the_callers"];
    let names = names.map(|what| format!("{what}_{tasks}_tasks{name}"));
    let mut contenders = vec![
        Contender::new(&names[0], || runtime.block_on(bench.bare(tasks, calls))),
        Contender::new(&names[1], || {
            runtime.block_on(hits(&bench.cache, tasks, calls))
        }),
    ];
    if let Some(driven) = &driven {
        contenders.push(Contender::new(&names[2], || {
            runtime.block_on(hits(driven, tasks, calls))
        }));
    }
    let medians = alternate("redis", "calls/s", contenders);
    for (name, median) in names.iter().zip(&medians).skip(1) {
        figure(
            &format!("redis.{name}_over_bare"),
            median / medians[0],
            "ratio",
        );
    }
}

struct Bench {
    server: Server,
    connection: MultiplexedConnection,
    cache: Cache,
    names: Arc<Vec<String>>,
}

impl Bench {
    async fn start() -> Self {
        let server = Server::start().await.expect("a server");
        let client = redis::Client::open(format!("{}?protocol=resp3", server.url()));
        let config = redis::AsyncConnectionConfig::new().set_pipeline_buffer_size(1_024);
        let connection = client
            .expect("a url")
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .expect("a connection");
        let cache = cache_on(&server, None);
        let mut names = Vec::new();
        for id in 0..KEYS {
            cache.scope(value(id)).await;
            names.push(
                cache
                    .scope(async { value_entry(id).key().to_owned() })
                    .await,
            );
        }
        Self {
            server,
            connection,
            cache,
            names: Arc::new(names),
        }
    }

    async fn bare(&self, tasks: u64, calls: u64) -> f64 {
        let one = |task: u64| {
            let (mut connection, names) = (self.connection.clone(), Arc::clone(&self.names));
            async move {
                for call in 0..calls / tasks {
                    let name = &names[((task * 7 + call) % KEYS) as usize];
                    let got: Option<Vec<u8>> = redis::cmd("GET")
                        .arg(name)
                        .query_async(&mut connection)
                        .await
                        .expect("a reply");
                    assert!(got.is_some());
                }
            }
        };
        timed(tasks, calls, one).await
    }

    fn cache_on(&self, runtime: Option<Handle>) -> Cache {
        cache_on(&self.server, runtime)
    }
}

/// A cache without memory, whose connection is driven by its own thread, or by a runtime.
fn cache_on(server: &Server, runtime: Option<Handle>) -> Cache {
    let builder = Cache::builder()
        .url(server.url())
        .memory_bytes(0)
        .op_timeout(Duration::from_secs(5));
    let builder = match runtime {
        Some(runtime) => builder.runtime(runtime),
        None => builder,
    };
    builder.build().expect("a cache")
}

async fn hits(cache: &Cache, tasks: u64, calls: u64) -> f64 {
    // Connected, where it is not yet.
    cache.scope(value(0)).await;
    let loads = || cache.stats().namespace("bench").map(|row| row.loads);
    let before = loads();
    let one = |task: u64| {
        let cache = cache.clone();
        async move {
            let calls = async {
                for call in 0..calls / tasks {
                    value((task * 7 + call) % KEYS).await;
                }
            };
            cache.scope(calls).await;
        }
    };
    let figure = timed(tasks, calls, one).await;
    assert_eq!(loads(), before, "every call was a hit");
    figure
}

/// Calls a second, of so many tasks.
async fn timed<F>(tasks: u64, calls: u64, one: impl Fn(u64) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    let running: Vec<_> = (0..tasks).map(|task| tokio::spawn(one(task))).collect();
    for task in running {
        task.await.expect("a task");
    }
    calls as f64 / start.elapsed().as_secs_f64()
}
