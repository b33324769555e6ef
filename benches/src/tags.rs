//! What it costs to invalidate a tag that few and that many entries carry.

use std::time::Instant;

use cache_runtime::{Cache, cached};
use cache_tests::Server;
use redis::aio::MultiplexedConnection;
use tokio::runtime::{Builder, Runtime};

use crate::cores::on_one_core;
use crate::report::figure;
use crate::rounds::{Sampled, alternate_quantiles};

const FEW: u64 = 1_000;
const MANY: u64 = 100_000;

/// Invalidations a round.
const TIMES: u64 = 500;

/// Loads under way at once while the entries are made.
const TASKS: u64 = 64;

#[cached(ns = "members", ttl = "1h", tags = ["group:{group}"])]
async fn member(group: u64, id: u64) -> u64 {
    id
}

pub(crate) fn run() {
    on_one_core(|| {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let bench = runtime.block_on(Bench::start());
        for entries in [FEW, MANY] {
            runtime.block_on(bench.fill(entries));
            // Of all its entries in memory this is the one that is flipped first and only once.
            let first = runtime.block_on(bench.invalidate(entries));
            figure(&format!("tags.first_of_{entries}"), first, "us");
            let commands = runtime.block_on(bench.commands(entries));
            figure(&format!("tags.commands_of_{entries}"), commands, "commands");
        }
        let quantiles = alternate_quantiles(
            "tags",
            "us",
            vec![
                bench.contender(&runtime, "invalidate_1000", FEW),
                bench.contender(&runtime, "invalidate_100000", MANY),
            ],
        );
        let (few, many) = (quantiles[0], quantiles[1]);
        figure("tags.many_over_few_p50", many.p50 / few.p50, "ratio");
        figure("tags.many_over_few_p99", many.p99 / few.p99, "ratio");
    });
}

struct Bench {
    _server: Server,
    connection: MultiplexedConnection,
    cache: Cache,
}

impl Bench {
    async fn start() -> Self {
        let server = Server::start().await.expect("a server");
        let connection = server.connect().await.expect("a connection");
        let cache = Cache::builder().url(server.url());
        let cache = cache.memory_bytes(256 << 20).build().expect("a cache");
        Self {
            _server: server,
            connection,
            cache,
        }
    }

    fn contender<'a>(&'a self, runtime: &'a Runtime, name: &'a str, entries: u64) -> Sampled<'a> {
        let round = move || {
            let samples = (0..TIMES).map(|_| runtime.block_on(self.invalidate(entries)));
            vec![samples.collect()]
        };
        Sampled {
            names: vec![name],
            round: Box::new(round),
        }
    }

    /// Loads that many entries, which all carry one tag.
    async fn fill(&self, entries: u64) {
        // The tag's stamp is made here: of loads that come while it is, memory keeps none.
        self.cache.scope(member(entries, 0)).await;
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let cache = self.cache.clone();
                tokio::spawn(async move {
                    let ids = (task..entries).step_by(TASKS as usize);
                    for id in ids {
                        cache.scope(member(entries, id)).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task");
        }
        let mut connection = self.connection.clone();
        let size: u64 = redis::cmd("DBSIZE")
            .query_async(&mut connection)
            .await
            .expect("a reply");
        assert!(size >= entries, "they are in Redis: {size}");
        let kept = self.cache.health().memory_entries;
        assert!(kept as u64 >= entries, "they are in memory: {kept}");
    }

    /// One invalidation of a tag whose stamp is there, in microseconds.
    async fn invalidate(&self, group: u64) -> f64 {
        self.cache.scope(member(group, 0)).await;
        let start = Instant::now();
        let done = self.cache.tag(format!("group:{group}")).invalidate().await;
        let took = start.elapsed();
        done.expect("acknowledged");
        took.as_secs_f64() * 1e6
    }

    /// How many commands the server ran for one, its heartbeats and this question left out.
    async fn commands(&self, group: u64) -> f64 {
        let mut connection = self.connection.clone();
        self.cache.scope(member(group, 0)).await;
        let mut reset = redis::cmd("CONFIG");
        reset.arg("RESETSTAT");
        reset.exec_async(&mut connection).await.expect("a reply");
        let done = self.cache.tag(format!("group:{group}")).invalidate().await;
        done.expect("acknowledged");
        let mut info = redis::cmd("INFO");
        info.arg("commandstats");
        let stats: String = info.query_async(&mut connection).await.expect("a reply");
        assert!(stats.contains("cmdstat_unlink:calls=1,"), "{stats}");
        stats.lines().filter_map(calls).sum()
    }
}

/// `cmdstat_unlink:calls=1,usec=3,..`
fn calls(line: &str) -> Option<f64> {
    let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
    let beside = ["role", "time", "config|resetstat"];
    if beside.contains(&name) {
        return None;
    }
    rest.split(',').next()?.parse().ok()
}
