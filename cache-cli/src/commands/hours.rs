//! `cachectl hours`: hit rates by key pattern and hour, and what the reads are like.

use cache_insight::{Pattern, patterns};
use cache_runtime::HourCounts;
use cache_runtime::admin::Admin;
use serde::Serialize;

use super::keys::is_meant;
use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, NOBODY, percent};
use crate::output::{Page, Report, units};

#[derive(Debug, Serialize)]
pub(crate) struct Hours {
    functions: Vec<OfFunction>,
    processes: usize,
}

#[derive(Debug, Serialize)]
struct OfFunction {
    function: String,
    namespace: String,
    pattern: String,
    hours: Vec<HourCounts>,
    patterns: Vec<Pattern>,
}

pub(crate) async fn hours(admin: &Admin, asked: &arguments::Hours) -> Result<Hours, Failure> {
    let fleet = Fleet::of(admin).await?;
    let rows = fleet.total.functions.iter();
    let rows = rows.filter(|row| is_meant(row, &asked.namespace, &asked.function));
    let functions = rows.map(|row| OfFunction {
        function: row.function.clone(),
        namespace: row.namespace.clone(),
        pattern: row.insight.pattern.clone(),
        hours: row.insight.hours.counts.clone(),
        patterns: patterns(row),
    });
    Ok(Hours {
        functions: functions.filter(|of| !of.hours.is_empty()).collect(),
        processes: fleet.processes.len(),
    })
}

impl Report for Hours {
    fn tell(&self, page: &mut Page) {
        if self.processes == 0 {
            return page.line(NOBODY);
        }
        if self.functions.is_empty() {
            return page.line("no function that is meant was called in the last 24 hours");
        }
        let all = self.functions.iter();
        let rows = all.flat_map(|of| of.hours.iter().map(move |hour| row(of, hour)));
        page.table(&["function", "keys", "hour (UTC)", "reads", "hits"], rows);
        for of in &self.functions {
            for pattern in &of.patterns {
                let what = format!("{} reads are {}", of.function, pattern.kind.as_str());
                page.line(&what);
                page.detail(&pattern.because);
            }
        }
    }

    fn exit(&self) -> Exit {
        match self.functions.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

fn row(of: &OfFunction, hour: &HourCounts) -> Vec<String> {
    let begins = units::time(hour.hour.saturating_mul(3_600_000));
    vec![
        of.function.clone(),
        of.pattern.clone(),
        begins.chars().take(16).collect(),
        units::count(hour.hits.saturating_add(hour.misses)),
        percent(hour.hit_rate()),
    ]
}
