//! The annotated functions, one in a row.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use askama::Template;
use cache_runtime::{Counts, FunctionStats};
use serde::{Deserialize, Serialize};

use super::overview::saved_by;
use crate::console::Console;
use crate::scope::{Figures, Of, Scope};
use crate::shown::{Bytes, Count, Name, Over, Share, Time};
use crate::tally::{Rates, Tally};
use crate::window::Lately;

/// What functions are sorted by: names ascending, figures the most telling first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sort {
    #[default]
    Calls,
    Name,
    /// The lowest first.
    HitRate,
    Loads,
    Failed,
    LoadTime,
    Saved,
    Memory,
}

#[derive(Serialize, Template)]
#[template(path = "functions.html")]
pub(super) struct Functions {
    scope: Scope,
    sort: Sort,
    over: Over,
    functions: Vec<Row>,
    #[serde(skip)]
    columns: [Column; 8],
}

/// A function.
#[derive(Debug, Serialize)]
struct Row {
    function: Name,
    namespace: Name,
    was_called: bool,
    calls: Count,
    lately: Rates,
    hit_rate: Share,
    loads: Count,
    failed_loads: Count,
    load_p50: Time,
    load_p99: Time,
    saved: Time,
    memory_entries: Count,
    memory_bytes: Bytes,
}

/// The head of a column, which sorts by it.
#[derive(Clone, Copy, Debug)]
struct Column {
    sort: Sort,
    name: &'static str,
    asked: &'static str,
    /// How it sorts, as `aria-sort` has it.
    order: &'static str,
}

const COLUMNS: [Column; 8] = [
    column(Sort::Name, "Function", "name", "ascending"),
    column(Sort::Calls, "Calls", "calls", "descending"),
    column(Sort::HitRate, "Hit rate", "hit_rate", "ascending"),
    column(Sort::Loads, "Loads", "loads", "descending"),
    column(Sort::Failed, "Failed", "failed", "descending"),
    column(Sort::LoadTime, "Load p50 / p99", "load_time", "descending"),
    column(Sort::Saved, "Time saved", "saved", "descending"),
    column(Sort::Memory, "In memory", "memory", "descending"),
];

const fn column(
    sort: Sort,
    name: &'static str,
    asked: &'static str,
    order: &'static str,
) -> Column {
    Column {
        sort,
        name,
        asked,
        order,
    }
}

pub(super) async fn look(console: &Console, sort: Sort, of: Option<Of>) -> Functions {
    let Figures {
        scope,
        stats,
        lately,
    } = console.figures(of).await;
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    for site in console.cache().sites() {
        let at = (site.function.clone(), site.namespace.to_owned());
        let row = row(&site.function, site.namespace, &Counts::default(), &lately);
        rows.entry(at).or_insert(row).was_called |= site.was_called;
    }
    for FunctionStats {
        function,
        namespace,
        counts,
        ..
    } in &stats.functions
    {
        let mut row = row(function, namespace, counts, &lately);
        row.was_called = true;
        rows.insert((function.clone(), namespace.clone()), row);
    }
    let mut functions: Vec<_> = rows.into_values().collect();
    functions.sort_by(|one, other| sort.compare(one, other));
    Functions {
        scope,
        sort,
        over: lately.over,
        functions,
        columns: COLUMNS,
    }
}

fn row(function: &str, namespace: &str, counts: &Counts, lately: &Lately) -> Row {
    let tally = Tally::of(counts);
    Row {
        function: function.into(),
        namespace: namespace.into(),
        was_called: false,
        calls: Count(tally.calls),
        lately: lately.rates(lately.of(namespace, function)),
        hit_rate: tally.hit_rate(),
        loads: Count(tally.loads),
        failed_loads: Count(tally.failed),
        load_p50: Time(counts.load_time.quantile(0.5)),
        load_p99: Time(counts.load_time.quantile(0.99)),
        saved: Time::from(saved_by(counts)),
        memory_entries: Count(counts.memory_entries),
        memory_bytes: Bytes(counts.memory_bytes),
    }
}

impl Functions {
    /// What the link of a choice begins with.
    fn link(&self) -> String {
        let column = self.columns.iter().find(|column| column.sort == self.sort);
        format!(
            "functions?sort={}&",
            column.map_or("", |column| column.asked)
        )
    }
}

impl Sort {
    fn compare(self, one: &Row, other: &Row) -> Ordering {
        let by = |key: fn(&Row) -> Reverse<u64>| key(one).cmp(&key(other));
        match self {
            Self::Name => one.function.cmp(&other.function),
            Self::Calls => by(|row| Reverse(row.calls.0)),
            // One of which nothing is known is last.
            Self::HitRate => {
                let rate = |row: &Row| row.hit_rate.0.unwrap_or(2.0);
                rate(one).total_cmp(&rate(other))
            }
            Self::Loads => by(|row| Reverse(row.loads.0)),
            Self::Failed => by(|row| Reverse(row.failed_loads.0)),
            Self::LoadTime => other.load_p99.cmp(&one.load_p99),
            Self::Saved => other.saved.cmp(&one.saved),
            Self::Memory => by(|row| Reverse(row.memory_bytes.0)),
        }
    }
}
