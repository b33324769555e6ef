//! The processes that share the Redis, each as it last published what it counts.

use std::time::SystemTime;

use askama::Template;
use cache_runtime::ProcessStats;
use serde::Serialize;

use crate::console::Console;
use crate::shown::{Bytes, Count, Name, Share, Time};
use crate::tally::Tally;

#[derive(Serialize, Template)]
#[template(path = "processes.html")]
pub(super) struct Processes {
    /// Why only this process is known.
    alone: Option<Alone>,
    calls: Count,
    hit_rate: Share,
    processes: Vec<Row>,
    /// Those whose figures can't be read.
    skipped: Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Alone {
    /// There is no Redis.
    NoRedis,
    /// It can't be asked now.
    RedisAway,
}

#[derive(Serialize)]
struct Row {
    host: Name,
    pid: u32,
    build: Name,
    is_this: bool,
    up_for: Time,
    /// How long ago it published its figures.
    age: Time,
    calls: Count,
    hit_rate: Share,
    loads: Count,
    failed_loads: Count,
    memory_entries: Count,
    memory_bytes: Bytes,
}

pub(super) async fn look(console: &Console) -> Processes {
    let fleet = console.fleet().await;
    let Ok(fleet) = &*fleet else {
        return Processes {
            alone: Some(Alone::RedisAway),
            calls: Count(0),
            hit_rate: Share(None),
            processes: Vec::new(),
            skipped: Count(0),
        };
    };
    let total = tally(&fleet.total);
    Processes {
        alone: (!fleet.has_others).then_some(Alone::NoRedis),
        calls: Count(total.calls),
        hit_rate: total.hit_rate(),
        processes: fleet.processes.iter().map(row).collect(),
        skipped: Count(fleet.skipped),
    }
}

fn row(process: &ProcessStats) -> Row {
    let tally = tally(&process.stats);
    let memory = &process.stats.memory;
    Row {
        host: process.host.as_str().into(),
        pid: process.pid,
        build: process.build.as_str().into(),
        is_this: process.is_this,
        // Of another host's clock it may be in the future.
        up_for: Time(SystemTime::now().duration_since(process.started).ok()),
        age: Time::from(process.age),
        calls: Count(tally.calls),
        hit_rate: tally.hit_rate(),
        loads: Count(tally.loads),
        failed_loads: Count(tally.failed),
        memory_entries: Count(memory.entries),
        memory_bytes: Bytes(memory.bytes),
    }
}

fn tally(stats: &cache_runtime::Stats) -> Tally {
    let rows = stats.namespaces.iter().map(|row| Tally::of(&row.counts));
    rows.fold(Tally::default(), |sum, one| sum + one)
}
