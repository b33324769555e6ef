//! `cachectl keys`: the heaviest keys of each function, and what nobody reads.

use cache_runtime::admin::Admin;
use cache_runtime::{FunctionStats, HeavyKey, HeavyKeys, NeverRead};
use serde::Serialize;

use crate::arguments::{self, Measure};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, NOBODY, percent};
use crate::output::{Page, Report, units};

#[derive(Debug, Serialize)]
pub(crate) struct Keys {
    functions: Vec<OfFunction>,
    #[serde(skip)]
    by: Option<Measure>,
    processes: usize,
}

#[derive(Debug, Serialize)]
struct OfFunction {
    function: String,
    namespace: String,
    pattern: String,
    heaviest: HeavyKeys,
    never_read: NeverRead,
    /// The share of the entries that left without a read, and how far off it may be.
    never_read_share: Option<f64>,
    never_read_margin: Option<f64>,
}

pub(crate) async fn keys(admin: &Admin, asked: &arguments::Keys) -> Result<Keys, Failure> {
    let fleet = Fleet::of(admin).await?;
    let rows = fleet.total.functions.iter();
    let rows = rows.filter(|row| is_meant(row, &asked.namespace, &asked.function));
    let functions = rows.map(|row| of_function(row, asked));
    let is_there = |of: &OfFunction| !of.heaviest.keys.is_empty();
    Ok(Keys {
        functions: functions.filter(is_there).collect(),
        by: Some(asked.by),
        processes: fleet.processes.len(),
    })
}

/// Whether a function is of this namespace, and of this path or one that ends so.
pub(super) fn is_meant(
    row: &FunctionStats,
    namespace: &Option<String>,
    function: &Option<String>,
) -> bool {
    let ends = |end: &String| {
        let before = row.function.strip_suffix(end.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with("::"))
    };
    namespace.as_ref().is_none_or(|of| row.namespace == *of) && function.as_ref().is_none_or(ends)
}

fn of_function(row: &FunctionStats, asked: &arguments::Keys) -> OfFunction {
    let insight = &row.insight;
    let list = match asked.by {
        Measure::LoadTime => &insight.by_load_time,
        Measure::Loads => &insight.by_loads,
        Measure::Invalidations => &insight.by_invalidations,
        Measure::Bytes => &insight.by_bytes,
        Measure::Reads => &insight.by_reads,
    };
    let mut heaviest = list.clone();
    let cut = heaviest.keys.iter().skip(asked.limit).map(|key| key.weight);
    heaviest.others_at_most = cut.fold(heaviest.others_at_most, u64::max);
    heaviest.keys.truncate(asked.limit);
    OfFunction {
        function: row.function.clone(),
        namespace: row.namespace.clone(),
        pattern: insight.pattern.clone(),
        heaviest,
        never_read: insight.never_read.clone(),
        never_read_share: insight.never_read.share(),
        never_read_margin: insight.never_read.margin(),
    }
}

impl Report for Keys {
    fn tell(&self, page: &mut Page) {
        if self.processes == 0 {
            return page.line(NOBODY);
        }
        let Some(by) = self.by.filter(|_| !self.functions.is_empty()) else {
            return page.line("no key of a function that is meant is known");
        };
        for (at, of) in self.functions.iter().enumerate() {
            if at > 0 {
                page.gap();
            }
            page.line(&format!(
                "{} ({}): {}",
                of.function, of.namespace, of.pattern
            ));
            let rows = of
                .heaviest
                .keys
                .iter()
                .map(|key| row(key, &of.heaviest, by));
            page.table(&["key", head(by), "share", "error"], rows);
            page.detail(&never_read(of));
        }
    }

    fn exit(&self) -> Exit {
        match self.functions.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

fn head(by: Measure) -> &'static str {
    match by {
        Measure::LoadTime => "load time",
        Measure::Loads => "loads",
        Measure::Invalidations => "invalidations",
        Measure::Bytes => "stored",
        Measure::Reads => "reads",
    }
}

/// The weight is what it is at most; the error is how much less it may be, and the share is what it has for certain.
fn row(key: &HeavyKey, of: &HeavyKeys, by: Measure) -> Vec<String> {
    let weight = |weight: u64| match by {
        Measure::LoadTime => units::span_us(weight / 1_000),
        Measure::Bytes => units::bytes(weight),
        _ => units::count(weight),
    };
    let share = (of.total > 0).then(|| key.at_least() as f64 / of.total as f64);
    vec![
        key.shown().to_owned(),
        weight(key.weight),
        percent(share),
        format!("– {}", weight(key.error)),
    ]
}

fn never_read(of: &OfFunction) -> String {
    match (of.never_read_share, of.never_read_margin) {
        (Some(share), Some(margin)) => format!(
            "never read: {} ± {} of some {} entries whose time is over, by {} keys",
            percent(Some(share)),
            percent(Some(margin)),
            units::count(of.never_read.entries),
            units::count(of.never_read.keys),
        ),
        _ => "never read: not known yet".to_owned(),
    }
}
