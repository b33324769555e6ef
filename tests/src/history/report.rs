//! What a run found, in lines of a name and a value, then the violations one by one.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::time::Duration;

use super::arguments::{Arguments, Plant};
use super::faults::Strike;
use super::growth::Growth;
use super::judge::{Facts, History, Invalidation, Rules, Verdict, Violation, judge};
use super::record::{Record, Totals};
use super::staleness::{Staleness, percentile};
use super::time;
use super::windows::Windows;

/// So many violations are told in full, of one copy the first.
const TOLD: usize = 10;

/// What a run found; shown, it is all figures and the first violations.
#[derive(Debug)]
pub struct Report {
    arguments: Arguments,
    start: u64,
    took: Duration,
    strikes: Vec<Strike>,
    processes: usize,
    /// All that were judged.
    reads: u64,
    totals: Totals,
    acknowledged: usize,
    failed: usize,
    puts: usize,
    staleness: Staleness,
    growth: Vec<Growth>,
    windows: Windows,
    verdict: Verdict,
}

impl Report {
    pub(super) fn of(
        arguments: &Arguments,
        start: u64,
        strikes: &[Strike],
        windows: Windows,
        histories: &[History],
    ) -> Self {
        let rules = Rules {
            level: arguments.level,
            lag: time::span(arguments.lag),
        };
        let facts = Facts::gather(histories);
        // What a fault did to a connection is mended a little after it is over.
        let mended = time::span(arguments.lag);
        let struck: Vec<_> = strikes
            .iter()
            .map(|strike| strike.span.start..strike.span.end + mended)
            .collect();
        let acknowledged = facts.invalidations.iter().filter(|by| by.ok).count();
        let took = time::now() - start;
        Self {
            arguments: arguments.clone(),
            start,
            took: Duration::from_nanos(took),
            growth: Growth::measure(histories, took),
            strikes: strikes.to_vec(),
            processes: histories.len(),
            reads: reads(histories),
            totals: totals(histories),
            acknowledged,
            failed: facts.invalidations.len() - acknowledged,
            puts: facts.puts.len(),
            staleness: Staleness::measure(histories, &facts, &struck),
            verdict: judge(histories, &facts, rules, &windows),
            windows,
        }
    }

    /// Whether any read was too old that nothing excuses.
    #[must_use]
    pub fn has_violations(&self) -> bool {
        !self.verdict.violations.is_empty()
    }

    fn seconds(&self, at: u64) -> f64 {
        at.saturating_sub(self.start) as f64 / 1e9
    }

    fn struck_at(&self, at: u64) -> String {
        let latest = self.strikes.iter().rfind(|s| s.span.start <= at);
        latest.map_or_else(
            || "none".to_owned(),
            |strike| {
                let (name, span) = (strike.fault.as_str(), &strike.span);
                let [start, end] = [span.start, span.end].map(|at| self.seconds(at));
                format!("{name} from {start:.3} to {end:.3} s")
            },
        )
    }
}

fn reads(histories: &[History]) -> u64 {
    let counts = histories.iter().flat_map(|history| &history.records);
    counts
        .map(|record| match record {
            Record::Read { count, .. } => *count,
            _ => 0,
        })
        .sum()
}

fn totals(histories: &[History]) -> Totals {
    let mut sum = Totals::default();
    for history in histories {
        let last = history
            .records
            .iter()
            .rev()
            .find_map(|record| match record {
                Record::Totals(totals) => Some(*totals),
                _ => None,
            });
        let last = last.unwrap_or_default();
        sum.reads += last.reads;
        sum.memory_hits += last.memory_hits;
        sum.redis_hits += last.redis_hits;
        sum.loads += last.loads;
        sum.stale_hits += last.stale_hits;
        sum.failed_loads += last.failed_loads;
    }
    sum
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn millis(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, totals) = (&self.arguments, self.totals);
        writeln!(f, "level {}", asked.level.as_str())?;
        writeln!(f, "topology {}", asked.topology.as_str())?;
        writeln!(f, "seed {}", asked.seed)?;
        writeln!(f, "planted {}", Plant::as_str(asked.plant))?;
        writeln!(f, "lag_ms {}", asked.lag.as_millis())?;
        writeln!(f, "seconds {:.1}", self.took.as_secs_f64())?;
        writeln!(
            f,
            "processes {} of {} started",
            asked.processes, self.processes
        )?;
        self.write_strikes(f)?;
        writeln!(f, "reads {}", self.reads)?;
        writeln!(f, "invalidations {}", self.acknowledged)?;
        writeln!(f, "invalidations_failed {}", self.failed)?;
        self.write_staleness(f, "healthy", &self.staleness.healthy)?;
        self.write_staleness(f, "struck", &self.staleness.struck)?;
        let hits = totals.memory_hits + totals.redis_hits + totals.stale_hits;
        let rates = [
            ("hit_rate_percent", hits),
            ("memory_hit_rate_percent", totals.memory_hits),
        ];
        for (name, part) in rates {
            writeln!(f, "{name} {:.2}", percent(part, totals.reads))?;
        }
        writeln!(f, "stale_hits {}", totals.stale_hits)?;
        writeln!(f, "loads {}", totals.loads)?;
        writeln!(f, "loads_failed {}", totals.failed_loads)?;
        writeln!(f, "puts {}", self.puts)?;
        self.write_growth(f)?;
        self.write_apart(f)?;
        writeln!(f, "violations {}", self.verdict.violations.len())?;
        self.write_found(f, "violation", &self.verdict.violations)?;
        self.write_found(f, "two masters at once", &self.verdict.apart)
    }
}

impl Report {
    fn write_strikes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = BTreeMap::new();
        for strike in &self.strikes {
            *counts.entry(strike.fault.as_str()).or_insert(0) += 1;
        }
        writeln!(f, "faults {}", self.strikes.len())?;
        for (fault, count) in counts {
            writeln!(f, "fault_{} {count}", fault.replace('-', "_"))?;
        }
        let failovers: usize = self.strikes.iter().map(|strike| strike.failovers).sum();
        writeln!(f, "failovers {failovers}")
    }

    /// Of the processes that no fault ended early.
    fn write_growth(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Growth { early, late } in &self.growth {
            writeln!(f, "memory_kib {} {}", early.memory, late.memory)?;
            writeln!(f, "tasks {} {}", early.tasks, late.tasks)?;
        }
        let most = self.growth.iter().map(Growth::percent).reduce(f64::max);
        match most {
            Some(most) => writeln!(f, "memory_growth_percent {most:.1}"),
            None => Ok(()),
        }
    }

    /// What is not held to the promise, and was no failure of it.
    fn write_apart(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (windows, found) = (&self.windows, &self.verdict);
        let by_accident = windows.0.iter().filter(|window| window.by_accident);
        writeln!(f, "two_masters {}", windows.0.len())?;
        writeln!(f, "two_masters_by_accident {}", by_accident.count())?;
        let seconds = millis(windows.took()) / 1e3;
        writeln!(f, "two_masters_seconds {seconds:.3}")?;
        writeln!(f, "two_masters_reads {}", found.reads_apart)?;
        let invalidations = found.invalidations_apart;
        writeln!(f, "two_masters_invalidations {invalidations}")?;
        writeln!(f, "two_masters_violations {}", found.apart.len())
    }

    fn write_found(
        &self,
        f: &mut fmt::Formatter<'_>,
        heading: &str,
        found: &[Violation],
    ) -> fmt::Result {
        let mut told = HashSet::new();
        let first = |v: &&Violation| told.insert((v.process, v.id, v.version));
        for violation in found.iter().filter(first).take(TOLD) {
            write!(f, "{heading}: ")?;
            self.write_violation(f, violation)?;
        }
        Ok(())
    }

    fn write_staleness(
        &self,
        f: &mut fmt::Formatter<'_>,
        when: &str,
        sorted: &[u64],
    ) -> fmt::Result {
        writeln!(f, "staleness_{when}_samples {}", sorted.len())?;
        for (name, rank) in [("p50", 50), ("p99", 99), ("max", 100)] {
            let value = millis(percentile(sorted, rank));
            writeln!(f, "staleness_{when}_{name}_ms {value:.3}")?;
        }
        Ok(())
    }

    fn write_violation(&self, f: &mut fmt::Formatter<'_>, violation: &Violation) -> fmt::Result {
        let Violation {
            process,
            id,
            version,
            began,
            floor,
            broken,
        } = *violation;
        let Invalidation {
            process: by,
            subject,
            began: asked,
            ended,
            ok,
        } = broken;
        writeln!(
            f,
            "process {process} began to read id {id} at {:.6} s and got version \
             {version}; the origin had {floor} when process {by} began to invalidate {subject:?} \
             at {:.6} s, which returned {} at {:.6} s, {:.3} ms before that read; last fault: {}",
            self.seconds(began),
            self.seconds(asked),
            if ok { "Ok" } else { "Err" },
            self.seconds(ended),
            millis(began.saturating_sub(ended)),
            self.struck_at(began),
        )
    }
}
