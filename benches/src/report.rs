//! What was measured: a line for people or for a program, and all of it for charts.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// One figure: a row of a suite, of one of its contenders where there are several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) suite: String,
    pub(crate) row: String,
    pub(crate) contender: Option<String>,
    pub(crate) value: f64,
    pub(crate) unit: String,
}

impl Figure {
    /// Of a name `suite.row` or `suite.row.contender`.
    pub(crate) fn new(name: &str, value: f64, unit: &str) -> Self {
        let mut words = name.splitn(3, '.').map(str::to_owned);
        let suite = words.next().unwrap_or_default();
        let row = words.next().unwrap_or_default();
        let contender = words.next();
        let unit = unit.to_owned();
        Self {
            suite,
            row,
            contender,
            value,
            unit,
        }
    }
}

/// Where lines for a program go.
#[derive(Debug)]
enum Lines {
    /// None are asked for: people read along.
    None,
    /// To the output, in place of those for people.
    Output,
    File(File),
}

struct Report {
    lines: Lines,
    figures: Vec<Figure>,
}

static REPORT: Mutex<Report> = Mutex::new(Report {
    lines: Lines::None,
    figures: Vec::new(),
});

fn report() -> MutexGuard<'static, Report> {
    REPORT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes each figure to a file as well, or with `-` to the output alone, as a line of JSON.
///
/// # Errors
///
/// If the file can't be made.
pub(crate) fn as_json(target: &Path) -> io::Result<()> {
    report().lines = match target == Path::new("-") {
        true => Lines::Output,
        false => Lines::File(File::create(target)?),
    };
    Ok(())
}

/// Everything measured so far.
#[cfg(feature = "charts")]
pub(crate) fn figures() -> Vec<Figure> {
    report().figures.clone()
}

/// One figure, which is printed at once.
pub(crate) fn figure(name: &str, value: f64, unit: &str) {
    let mut report = report();
    let plain = format_args!("figure {name} {value:.2} {unit}");
    let figure = Figure::new(name, value, unit);
    record(&mut report.lines, plain, &figure);
    report.figures.push(figure);
}

/// What goes before the figures, such as the machine they were taken on.
pub(crate) fn preamble(plain: fmt::Arguments<'_>, line: &impl Serialize) {
    record(&mut report().lines, plain, line);
}

fn record(lines: &mut Lines, plain: fmt::Arguments<'_>, line: &impl Serialize) {
    let json = || serde_json::to_string(line).expect("text and numbers");
    match lines {
        Lines::None => say(plain),
        Lines::Output => say(format_args!("{}", json())),
        Lines::File(file) => {
            say(plain);
            writeln!(file, "{}", json()).expect("a file that takes a line");
        }
    }
}

#[expect(clippy::print_stdout, reason = "figures are this program's output")]
pub(crate) fn say(line: fmt::Arguments<'_>) {
    println!("{line}");
}

/// For people, where the output may be a program's.
#[expect(
    clippy::print_stderr,
    reason = "a program of the command line talks there"
)]
pub(crate) fn remark(line: fmt::Arguments<'_>) {
    eprintln!("{line}");
}
