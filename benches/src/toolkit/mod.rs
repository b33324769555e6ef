//! What an operation of `cache-toolkit` costs, beside the same commands and scripts sent by hand.

mod by_hand;
mod ours;

use std::time::Duration;

use cache_runtime::Cache;
use cache_tests::Server;
use redis::aio::MultiplexedConnection;
use tokio::runtime::{Builder, Runtime};

use crate::report::figure;
use crate::rounds::{Measured, alternate_measured};
use crate::tasks::{Boxed, Calls, a_second, processor_micros};

/// Callers, members and the like, of which each call takes the next.
const NAMES: u64 = 1_000;

/// Calls a round of one task and of 64.
const ALONE: u64 = 3_000;
const MANY: u64 = 20_000;
const TASKS: u64 = 64;

/// A busy machine is no outage.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one task does.
type Work = Box<dyn Fn(Calls) -> Boxed>;

/// One operation, and the command that stands for a round trip of it.
struct Operation {
    name: &'static str,
    command: &'static str,
    ours: Work,
    by_hand: Work,
}

pub(crate) fn run() {
    // On two cores one worker leaves the server a core of its own.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let server = runtime.block_on(Server::start()).expect("a server");
    let cache = Cache::builder().url(server.url()).op_timeout(PATIENCE);
    let cache = cache.build().expect("a cache");
    runtime.block_on(cache.connect()).expect("a connection");
    let connection = runtime.block_on(by_hand::connect(&server.url()));
    let operations = runtime.block_on(operations(&cache, &connection));
    for operation in &operations {
        round_trips(&runtime, &connection, operation);
        let contender = |of: &str, work| measured(&runtime, operation.name, of, work);
        let both = [
            contender("ours", &operation.ours),
            contender("by_hand", &operation.by_hand),
        ];
        alternate_measured("toolkit", both.into());
    }
}

/// Each operation of the two, in the order of the guide.
async fn operations(cache: &Cache, connection: &MultiplexedConnection) -> Vec<Operation> {
    let ours = ours::all(cache).await;
    let by_hand = by_hand::all(connection).await;
    let pairs = ours.into_iter().zip(by_hand);
    let operations = pairs.map(|((name, ours), (same, command, by_hand))| {
        assert_eq!(name, same, "two lists in one order");
        Operation {
            name,
            command,
            ours,
            by_hand,
        }
    });
    operations.collect()
}

/// Microseconds an operation: of one task, of each of many at once, and of this process's processor.
fn measured<'a>(runtime: &'a Runtime, name: &str, of: &str, work: &'a Work) -> Measured<'a> {
    let figures = ["1_task", "64_tasks", "processor"];
    Measured {
        figures: figures
            .map(|row| (format!("{name}_{row}.{of}"), "us"))
            .into(),
        round: Box::new(move || {
            runtime.block_on(async {
                let micros = |a_second: f64| 1_000_000.0 / a_second;
                vec![
                    micros(a_second(1, ALONE, work).await),
                    micros(a_second(TASKS, MANY, work).await),
                    processor_micros(TASKS, MANY, work).await,
                ]
            })
        }),
    }
}

/// How often the server is asked for each operation.
fn round_trips(runtime: &Runtime, connection: &MultiplexedConnection, operation: &Operation) {
    for (of, work) in [("ours", &operation.ours), ("by_hand", &operation.by_hand)] {
        let asked = runtime.block_on(async {
            let before = calls(connection, operation.command).await;
            a_second(1, 100, work).await;
            calls(connection, operation.command).await - before
        });
        let name = format!("toolkit.{}_round_trips.{of}", operation.name);
        figure(&name, asked / 100.0, "commands");
    }
}

async fn calls(connection: &MultiplexedConnection, command: &str) -> f64 {
    let mut info = redis::cmd("INFO");
    info.arg("commandstats");
    let info: String = info
        .query_async(&mut connection.clone())
        .await
        .expect("figures");
    let beginning = format!("cmdstat_{command}:calls=");
    let line = info.lines().find_map(|line| line.strip_prefix(&beginning));
    let calls = line.and_then(|line| line.split(',').next());
    calls.map_or(0.0, |calls| calls.parse().expect("a number"))
}
