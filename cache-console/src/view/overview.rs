//! The whole cache at a glance: what is wrong, and what it is good for.

use std::time::Duration;

use askama::Template;
use cache_insight::{Advice, Item};
use cache_runtime::{CallStats, Counts, Stats};
use serde::Serialize;

use super::insight::Advised;
use crate::console::Console;
use crate::finding::{Finding, all};
use crate::scope::{Figures, Of, Scope};
use crate::shown::{Bytes, Count, Name, Over, Share, Time};
use crate::status::State;
use crate::tally::{Rates, Tally};

#[derive(Serialize, Template)]
#[template(path = "overview.html")]
pub(super) struct Overview {
    scope: Scope,
    /// The worst first; there is always one.
    findings: Vec<Finding>,
    /// What could be set better: the surest alone.
    advice: Vec<Advised>,
    /// How many more there are.
    more_advice: Count,
    /// What rates are of.
    over: Over,
    lately: Rates,
    /// Since the cache was built.
    hit_rate: Share,
    calls: Count,
    origin_time_saved: Time,
    /// In the unit of `cost_per_load`, where a function has it.
    cost_saved: Option<f64>,
    /// Calls that waited for another's load, in place of one of their own.
    herds_absorbed: Count,
    loads: Count,
    failed_loads: Count,
    errors_hidden: Count,
    troubles: Vec<Trouble>,
    trouble: Count,
    redis: State,
    /// How far memory may be behind; none without Redis.
    staleness_bound: Option<Time>,
    owed_invalidations: Count,
    /// In this process; none where figures are of others too.
    loads_under_way: Option<Count>,
    memory: Memory,
    outcomes: Vec<Outcome>,
}

#[derive(Serialize)]
struct Memory {
    entries: Count,
    bytes: Bytes,
    most_bytes: Bytes,
    evictions: Count,
}

/// Something that went wrong within the cache.
#[derive(Serialize)]
struct Trouble {
    namespace: Name,
    step: Name,
    times: Count,
}

/// What calls ended with.
#[derive(Serialize)]
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) means: &'static str,
    pub(super) calls: Count,
    pub(super) share: Share,
}

/// What stands here, and what stands on the pages of the functions: the first of all, and each that is of no function.
fn apart(advice: &[Item]) -> (Vec<&Item>, Vec<&Item>) {
    let mut is_first = true;
    advice
        .iter()
        .partition(|item| std::mem::take(&mut is_first) || item.function.is_empty())
}

pub(super) async fn look(console: &Console, of: Option<Of>) -> Overview {
    let Figures {
        scope,
        stats,
        lately,
    } = console.figures(of).await;
    let health = console.cache().health();
    let total = sum(&stats);
    let tally = Tally::of(&total);
    let cost = total.saved_cost();
    let troubles = troubles(&stats);
    let bound = stats.nodes.iter().map(|node| node.staleness_bound).max();
    let advice = Advice::of_stats(&stats).items;
    let (shown, others) = apart(&advice);
    let under_way = Count(health.loads_under_way as u64);
    Overview {
        findings: all(&health, &stats, &lately),
        advice: shown.into_iter().map(Advised::from).collect(),
        more_advice: Count(others.len() as u64),
        over: lately.over,
        lately: lately.rates(lately.total()),
        hit_rate: tally.hit_rate(),
        calls: Count(tally.calls),
        origin_time_saved: saved(&stats),
        cost_saved: (total.load_cost_millionths > 0).then_some(cost),
        herds_absorbed: Count(total.followers),
        loads: Count(tally.loads),
        failed_loads: Count(tally.failed),
        errors_hidden: Count(total.stale_on_error),
        trouble: Count(
            total
                .troubles
                .values()
                .fold(0, |sum, n| sum.saturating_add(*n)),
        ),
        troubles,
        redis: State::of(health.redis.as_ref()),
        staleness_bound: bound.map(Time::from),
        owed_invalidations: Count(health.owed_invalidations as u64),
        loads_under_way: (!scope.is_fleet()).then_some(under_way),
        scope,
        memory: Memory {
            entries: Count(stats.memory.entries),
            bytes: Bytes(stats.memory.bytes),
            most_bytes: Bytes(stats.memory.most_bytes),
            evictions: Count(total.evictions),
        },
        outcomes: outcomes(&total.calls),
    }
}

/// Of all namespaces.
fn sum(stats: &Stats) -> Counts {
    let mut total = Counts::default();
    stats.namespaces.iter().for_each(|row| total += &row.counts);
    total
}

/// What the hits would have taken as loads, each as long as a load of its namespace on average.
fn saved(stats: &Stats) -> Time {
    let of = stats.namespaces.iter().map(|row| saved_by(&row.counts));
    Time::from(of.fold(Duration::ZERO, Duration::saturating_add))
}

/// The same of one row.
pub(super) fn saved_by(counts: &Counts) -> Duration {
    let Some(mean) = counts.load_time.mean() else {
        return Duration::ZERO;
    };
    let nanoseconds = mean.as_nanos().saturating_mul(u128::from(counts.hits()));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

fn troubles(stats: &Stats) -> Vec<Trouble> {
    let rows = stats.namespaces.iter();
    let all = rows.flat_map(|row| {
        let of_row = row.troubles.iter();
        of_row.map(|(step, times)| Trouble {
            namespace: row.namespace.as_str().into(),
            step: step.as_str().into(),
            times: Count(*times),
        })
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|trouble| std::cmp::Reverse(trouble.times));
    all.truncate(20);
    all
}

pub(super) fn outcomes(calls: &CallStats) -> Vec<Outcome> {
    let total = calls.total();
    let all = [
        ("memory", "served from this process's memory", calls.memory),
        ("redis", "served from Redis", calls.redis),
        ("stale", "served a value past its ttl", calls.stale),
        ("shared", "waited for another call's load", calls.shared),
        ("loaded", "ran their body", calls.loaded),
        ("failed", "returned an error", calls.failed),
        (
            "cancelled",
            "were dropped before they ended",
            calls.cancelled,
        ),
        ("uncached", "ran without the cache", calls.uncached.total()),
    ];
    let of = |(name, means, calls)| Outcome {
        name,
        means,
        calls: Count(calls),
        share: Share::of(calls, total),
    };
    all.into_iter().map(of).collect()
}
