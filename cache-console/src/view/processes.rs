//! The processes that share the Redis, each as it last published what it counts.

use askama::Template;
use serde::Serialize;

use crate::console::Console;
use crate::fleet::{Figure, Process};
use crate::shown::{Bytes, Count, Name, Over, Share, Time};
use crate::tally::{Rates, Tally};

#[derive(Serialize, Template)]
#[template(path = "processes.html")]
pub(super) struct Processes {
    /// Why only this process is known.
    alone: Option<Alone>,
    calls: Count,
    hit_rate: Share,
    over: Over,
    processes: Vec<Row>,
    /// Whether any does not do as the others do.
    has_outlying: bool,
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
    lately: Rates,
    hit_rate: Share,
    /// How long a load took on average.
    load_time: Time,
    loads: Count,
    failed_loads: Count,
    memory_entries: Count,
    memory_bytes: Bytes,
    /// In what it differs from most others, to the worse.
    outlying: Vec<Figure>,
}

pub(super) async fn look(console: &Console) -> Processes {
    let fleet = console.fleet().await;
    let Ok(fleet) = fleet.as_ref() else {
        return Processes {
            alone: Some(Alone::RedisAway),
            calls: Count(0),
            hit_rate: Share(None),
            over: Over::default(),
            processes: Vec::new(),
            has_outlying: false,
            skipped: Count(0),
        };
    };
    let tallies = fleet.processes.iter().map(|process| process.tally);
    let total = tallies.fold(Tally::default(), |sum, one| sum + one);
    Processes {
        alone: (!fleet.has_others).then_some(Alone::NoRedis),
        calls: Count(total.calls),
        hit_rate: total.hit_rate(),
        over: fleet.lately.over,
        processes: fleet.processes.iter().map(row).collect(),
        has_outlying: fleet.processes.iter().any(|one| !one.outlying.is_empty()),
        skipped: Count(fleet.skipped),
    }
}

fn row(process: &Process) -> Row {
    let tally = process.tally;
    Row {
        host: process.host.as_str().into(),
        pid: process.pid,
        build: process.build.as_str().into(),
        is_this: process.is_this,
        up_for: Time(process.up_for),
        age: Time::from(process.age),
        calls: Count(tally.calls),
        lately: process.rates,
        hit_rate: tally.hit_rate(),
        load_time: Time(process.load_time),
        loads: Count(tally.loads),
        failed_loads: Count(tally.failed),
        memory_entries: Count(process.memory_entries),
        memory_bytes: Bytes(process.memory_bytes),
        outlying: process.outlying.clone(),
    }
}
