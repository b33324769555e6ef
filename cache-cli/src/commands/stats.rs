//! `cachectl stats`: what the processes that cache have counted, and their sum.

use cache_runtime::admin::Admin;
use cache_runtime::{BreakerState, Counts, NodeStats, ProcessStats, RedisHealth};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, NOBODY, hit_rate, percent};
use crate::output::{Page, Report, Tone, units};

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Counted(Fleet);

pub(crate) async fn stats(admin: &Admin) -> Result<Counted, Failure> {
    Fleet::of(admin).await.map(Counted)
}

impl Report for Counted {
    fn tell(&self, page: &mut Page) {
        let Self(fleet) = self;
        if fleet.processes.is_empty() {
            page.line(NOBODY);
        } else {
            page.table(
                &["process", "build", "calls", "hits", "memory", "published"],
                fleet.processes.iter().map(process),
            );
            page.gap();
            page.table(
                &[
                    "namespace",
                    "calls",
                    "hits",
                    "loads",
                    "failed",
                    "load p50",
                    "load p99",
                    "memory",
                    "troubles",
                ],
                fleet
                    .total
                    .namespaces
                    .iter()
                    .map(|row| namespace(&row.namespace, &row.counts)),
            );
            page.gap();
            fleet.total.nodes.iter().for_each(|one| node(page, one));
        }
        if fleet.skipped > 0 {
            let count = units::count(fleet.skipped);
            page.line(&format!("the figures of {count} processes could not be read: they are of another version, or damaged"));
        }
    }

    fn exit(&self) -> Exit {
        match self.0.processes.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

fn process(of: &ProcessStats) -> Vec<String> {
    let mut all = Counts::default();
    of.stats
        .namespaces
        .iter()
        .for_each(|row| all += &row.counts);
    vec![
        format!("{} {}", of.host, of.pid),
        of.build.clone(),
        units::count(all.calls.total()),
        percent(hit_rate(&all)),
        units::bytes(of.stats.memory.bytes),
        format!("{} ago", units::span(millis(of.age))),
    ]
}

fn namespace(name: &str, counts: &Counts) -> Vec<String> {
    let took = |quantile| {
        let took = counts.load_time.quantile(quantile).map(millis_or_less);
        took.unwrap_or_else(|| "–".to_owned())
    };
    vec![
        name.to_owned(),
        units::count(counts.calls.total()),
        percent(hit_rate(counts)),
        units::count(counts.loads),
        units::count(counts.failed_loads),
        took(0.5),
        took(0.99),
        units::bytes(counts.memory_bytes),
        units::count(
            counts
                .troubles
                .values()
                .copied()
                .fold(0, u64::saturating_add),
        ),
    ]
}

fn node(page: &mut Page, node: &NodeStats) {
    let (tone, word) = match (&node.state, node.breaker) {
        (RedisHealth::Up, BreakerState::Closed) if node.tracking => (Tone::Good, "up"),
        (RedisHealth::Up, BreakerState::Closed) => (Tone::Doubtful, "no pushes"),
        (RedisHealth::Connecting, _) => (Tone::Doubtful, "connecting"),
        _ => (Tone::Bad, "away"),
    };
    let round_trip = node.round_trip.quantile(0.99).map(millis_or_less);
    let round_trip = round_trip.unwrap_or_else(|| "–".to_owned());
    let behind = units::span(millis(node.staleness_bound));
    page.verdict(
        tone,
        word,
        &format!(
            "{}: round trip p99 {round_trip}, memory behind by {behind} at most, {} reconnections",
            node.node,
            units::count(node.reconnections)
        ),
    );
}

/// What a quantile is told as: a bound of it.
pub(super) fn millis_or_less(took: std::time::Duration) -> String {
    let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    format!("≤ {}", units::span_us(us))
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
