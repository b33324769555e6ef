//! `cachectl functions`: the annotated functions of the fleet, by what they cost or bring.

use cache_runtime::FunctionStats;
use cache_runtime::admin::Admin;
use serde::Serialize;

use super::stats::millis_or_less;
use crate::arguments::{self, Order};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, NOBODY, hit_rate, percent};
use crate::output::{Page, Report, units};

#[derive(Debug, Serialize)]
pub(crate) struct Functions {
    functions: Vec<FunctionStats>,
    /// Whether there are more than were asked for.
    is_cut: bool,
    processes: usize,
}

pub(crate) async fn functions(
    admin: &Admin,
    asked: &arguments::Functions,
) -> Result<Functions, Failure> {
    let fleet = Fleet::of(admin).await?;
    let mut functions = fleet.total.functions;
    if let Some(namespace) = &asked.namespace {
        functions.retain(|row| row.namespace == *namespace);
    }
    functions.sort_by(|one, other| rank(other, asked.by).total_cmp(&rank(one, asked.by)));
    let is_cut = functions.len() > asked.limit;
    functions.truncate(asked.limit);
    Ok(Functions {
        functions,
        is_cut,
        processes: fleet.processes.len(),
    })
}

/// The most first.
fn rank(row: &FunctionStats, by: Order) -> f64 {
    let counts = &row.counts;
    match by {
        Order::Calls => counts.calls.total() as f64,
        Order::Hits => hit_rate(counts).unwrap_or_default(),
        Order::Misses => -hit_rate(counts).unwrap_or(1.0),
        Order::Loads => counts.loads.saturating_add(counts.failed_loads) as f64,
        Order::LoadTime => counts.load_time.total().as_secs_f64(),
        Order::Memory => counts.memory_bytes as f64,
        Order::Saved => saved(row),
    }
}

/// The seconds of loads that hits have spared.
fn saved(row: &FunctionStats) -> f64 {
    let mean = row.counts.load_time.mean().unwrap_or_default();
    mean.as_secs_f64() * row.counts.hits() as f64
}

impl Report for Functions {
    fn tell(&self, page: &mut Page) {
        if self.processes == 0 {
            return page.line(NOBODY);
        }
        if self.functions.is_empty() {
            return page.line("no function that is meant was called");
        }
        page.table(
            &[
                "function",
                "namespace",
                "calls",
                "hits",
                "loads",
                "failed",
                "load p99",
                "saved",
                "memory",
                "evicted",
            ],
            self.functions.iter().map(row),
        );
        if self.is_cut {
            page.line("there are more: `--limit`");
        }
    }

    fn exit(&self) -> Exit {
        match self.functions.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

fn row(of: &FunctionStats) -> Vec<String> {
    let counts = &of.counts;
    let took = counts.load_time.quantile(0.99).map(millis_or_less);
    vec![
        of.function.clone(),
        of.namespace.clone(),
        units::count(counts.calls.total()),
        percent(hit_rate(counts)),
        units::count(counts.loads),
        units::count(counts.failed_loads),
        took.unwrap_or_else(|| "–".to_owned()),
        units::span((saved(of) * 1e3) as u64),
        units::bytes(counts.memory_bytes),
        units::count(counts.evictions),
    ]
}
