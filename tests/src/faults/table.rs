//! The rows as lines of figures.

use std::fmt;
use std::io;
use std::time::Duration;

use super::row::Row;
use super::verdict::Outcome;

const HEAD: &str = "\
fault          topology    calls  errors  wrong  owed  loads   bare ms  cached ms  more ms  \
open p50  open p99  other ms  away ms  back ms";

/// Of an error, as one of a pipeline repeats itself.
const MOST_SAID: usize = 300;

/// What came of the rows that were played; shown, it is a line a row, and what each broke.
#[derive(Debug, Default)]
pub struct Table(Vec<(Row, io::Result<Outcome>)>);

impl Table {
    pub(super) fn add(&mut self, row: Row, outcome: io::Result<Outcome>) {
        self.0.push((row, outcome));
    }

    /// Whether every row kept its bounds.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        let is_kept = |(row, outcome): &(Row, io::Result<Outcome>)| match outcome {
            Ok(outcome) => outcome.broken(*row).is_empty(),
            Err(_) => false,
        };
        self.0.iter().all(is_kept)
    }

    /// The head of the lines.
    #[must_use]
    pub fn head() -> &'static str {
        HEAD
    }

    /// The line of the row that was played last, and what it broke.
    #[must_use]
    pub fn last(&self) -> String {
        let last = self.0.last();
        last.map_or_else(String::new, |(row, outcome)| line(*row, outcome))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        let lines = self.0.iter().map(|(row, outcome)| line(*row, outcome));
        lines.into_iter().try_for_each(|line| f.write_str(&line))
    }
}

fn line(row: Row, outcome: &io::Result<Outcome>) -> String {
    let (fault, topology) = (row.fault.as_str(), row.topology.as_str());
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            let said: String = error.to_string().chars().take(MOST_SAID).collect();
            return format!("{fault:<13}  {topology:<8}  not played: {said}\n");
        }
    };
    let tally = &outcome.tally;
    let mut line = format!(
        "{fault:<13}  {topology:<8} {:>8} {:>7} {:>6} {:>5} {:>6} {:>9} {:>10} {:>8} {:>9} {:>9} {:>9} {:>8} {:>8}\n",
        tally.calls,
        tally.failed,
        tally.wrong,
        tally.owed,
        outcome.loads,
        ms(tally.bare.took()),
        ms(tally.cached.took()),
        ms(outcome.difference()),
        more(outcome.open(50)),
        more(outcome.open(99)),
        ms(tally.elsewhere.took()),
        ms(Some(outcome.away)),
        ms(outcome.recovered),
    );
    for broken in outcome.broken(row) {
        line.push_str(&format!("  BROKEN: {broken}\n"));
    }
    if line.contains("BROKEN") {
        line.push_str(&format!("  noted: {}\n", outcome.troubles));
    }
    line
}

/// How much more it was, or less.
fn more(pair: Option<(Duration, Duration)>) -> String {
    let ms = |took: Duration| took.as_secs_f64() * 1_000.0;
    pair.map_or_else(
        || "-".to_owned(),
        |(cached, bare)| format!("{:+.2}", ms(cached) - ms(bare)),
    )
}

/// A dash for what never was.
fn ms(took: Option<Duration>) -> String {
    took.map_or_else(
        || "-".to_owned(),
        |took| format!("{:.1}", took.as_secs_f64() * 1_000.0),
    )
}
