//! The kinds of advice, a file each: from statistics to items, or to none where too little speaks for it.

mod compress;
mod memory;
mod not_worth_it;
mod stale_window;
mod ttl_longer;
mod ttl_shorter;

use cache_runtime::{Counts, FunctionStats, Stats};

use crate::advice::{Change, Effect, Figure, Item, Kind, Unit};
use crate::rate::Counted;

/// What is less sure than this is no advice.
const LEAST: f64 = 0.5;

/// All that is advised.
pub(crate) fn all(stats: &Stats) -> Vec<Item> {
    let counted = Counted::of(stats);
    let mut items = Vec::new();
    for function in stats.functions.iter().filter(|row| is_known(row)) {
        let found = [
            ttl_longer::advise(function, counted),
            ttl_shorter::advise(function, counted),
            stale_window::advise(function, counted),
            compress::advise(function, counted),
            not_worth_it::advise(function, counted),
        ];
        items.extend(found.into_iter().flatten());
    }
    items.extend(memory::advise(stats));
    items.retain(|item| item.confidence >= LEAST);
    items
}

/// Whether it is one function, of which the settings are known and the same in all processes.
fn is_known(row: &FunctionStats) -> bool {
    let in_force = &row.insight.in_force;
    in_force.ttl_ms > 0 && !in_force.is_mixed
}

/// Whether entries live by how they are used, so that neither ttl nor a stale window says when they are loaded.
fn slides(row: &FunctionStats) -> bool {
    row.insight.in_force.sliding_ms > 0
}

/// What an item says of its kind and function; the rest is filled in.
fn item(kind: Kind, function: &FunctionStats, change: Change) -> Item {
    Item {
        id: format!("{}:{}", kind.as_str(), function.function),
        kind,
        function: function.function.clone(),
        namespace: function.namespace.clone(),
        because: String::new(),
        evidence: Vec::new(),
        change,
        effect: Effect::default(),
        confidence: 0.0,
        derived: String::new(),
    }
}

fn change(setting: &str, from: String, to: String) -> Change {
    Change {
        setting: setting.to_owned(),
        from,
        to,
        can_apply: true,
    }
}

/// A figure of an item.
pub(crate) fn figure(name: &str, value: f64, unit: Unit) -> Figure {
    Figure {
        name: name.to_owned(),
        value,
        unit,
    }
}

/// How long a load took on average, in seconds; none where none ended.
fn mean_load(counts: &Counts) -> Option<f64> {
    counts.load_time.mean().map(|mean| mean.as_secs_f64())
}

/// The loads that a list of keys has for certain more than one of the same key: those that came again.
fn reloads(function: &FunctionStats) -> u64 {
    let keys = function.insight.by_loads.keys.iter();
    keys.fold(0, |sum, key| {
        sum.saturating_add(key.at_least().saturating_sub(1))
    })
}

/// Whether one of several keys has more than half of the loads, so that what they tell is of it alone.
fn is_of_one_key(function: &FunctionStats) -> bool {
    let loads = &function.insight.by_loads;
    let most = loads.keys.iter().map(|key| key.weight).max().unwrap_or(0);
    most.saturating_mul(2) > loads.total && most < loads.total
}
