//! Figures as the tables of a document.

use std::fmt::Write as _;
use std::fs;

use crate::machine::Taken;
use crate::report::{Figure, say};
use crate::suites::title;

/// What the program is called with to make tables.
pub(crate) const ASKED: &str = "tables";

/// In a document, everything after this line is made anew.
const MARK: &str = "<!-- what follows is made by `cache-bench tables` -->";

/// The contender that the others are held against.
const OURS: &str = "ours";

/// Prints the tables of a file of figures.
///
/// # Errors
///
/// If the file can't be read, or has something else in it.
pub(crate) fn print(figures: &str) -> Result<(), String> {
    say(format_args!("{}", markdown(&read(figures)?)?));
    Ok(())
}

/// Writes the tables of a file of figures into a document, after its mark.
///
/// # Errors
///
/// If a file can't be read, the figures are something else, or the document has no mark or can't be written.
pub(crate) fn write(figures: &str, document: &str) -> Result<(), String> {
    let tables = markdown(&read(figures)?)?;
    let text = read(document)?;
    let (before, _) = text
        .split_once(MARK)
        .ok_or(format!("{document} has no line {MARK}"))?;
    fs::write(document, format!("{before}{MARK}\n\n{tables}"))
        .map_err(|error| format!("{document}: {error}"))
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// The tables of lines of JSON: figures, and before those of each run when and on what they were taken.
fn markdown(lines: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut told = String::new();
    let mut figures: Vec<Figure> = Vec::new();
    for line in lines.lines() {
        if let Ok(figure) = serde_json::from_str::<Figure>(line) {
            figures.push(figure);
            continue;
        }
        let taken: Taken =
            serde_json::from_str(line).map_err(|error| format!("no figure: {line}: {error}"))?;
        sections(&mut out, &std::mem::take(&mut figures));
        let taken = taken.to_string();
        if told != taken {
            let _ = writeln!(out, "\nWhat follows was {taken}.");
            told = taken;
        }
    }
    sections(&mut out, &figures);
    Ok(out.trim_start().to_owned())
}

/// A heading, charts and a table of each suite.
fn sections(out: &mut String, figures: &[Figure]) {
    let mut suites: Vec<&str> = figures.iter().map(|one| one.suite.as_str()).collect();
    suites.dedup();
    for suite in suites {
        let own: Vec<&Figure> = figures.iter().filter(|one| one.suite == suite).collect();
        let _ = write!(out, "\n## {}\n\n", title(suite));
        for unit in units(&own) {
            let _ = writeln!(
                out,
                "![{suite}, {unit}](performance/{})",
                chart(suite, unit)
            );
        }
        out.push('\n');
        out.push_str(&table(&own));
    }
}

/// The units that a chart can be drawn of, in order.
pub(crate) fn units<'a>(figures: &[&'a Figure]) -> Vec<&'a str> {
    let mut units: Vec<&str> = Vec::new();
    for figure in figures {
        if figure.unit != "ratio" && !units.contains(&figure.unit.as_str()) {
            units.push(&figure.unit);
        }
    }
    units
}

/// The name of a suite's chart of one unit.
pub(crate) fn chart(suite: &str, unit: &str) -> String {
    let unit = unit.replace('/', "-per-").replace(' ', "-");
    format!("{suite}-{unit}.svg")
}

/// One row a figure; beside ours, where a row has several contenders, by how much ours is better.
fn table(figures: &[&Figure]) -> String {
    let mut out = String::new();
    let are_beside = figures.iter().any(|one| one.contender.is_some());
    out.push_str(match are_beside {
        true => "| row | of | figure | ours is |\n|---|---|---:|---|\n",
        false => "| row | figure |\n|---|---:|\n",
    });
    for figure in by_row(figures) {
        let of = figure.contender.as_deref().unwrap_or_default();
        let shown = format!("{} {}", shown(figure.value), figure.unit);
        let _ = match are_beside {
            true => writeln!(
                out,
                "| `{}` | {of} | {shown} | {} |",
                figure.row,
                beside(figure, figures)
            ),
            false => writeln!(out, "| `{}` | {shown} |", figure.row),
        };
    }
    out
}

/// The contenders of one row together, in the order in which the rows come.
fn by_row<'a>(figures: &[&'a Figure]) -> Vec<&'a Figure> {
    let first = |figure: &Figure| figures.iter().position(|one| one.row == figure.row);
    let mut sorted = figures.to_vec();
    sorted.sort_by_key(|figure| first(figure));
    sorted
}

/// By how much ours is better or worse than another's figure in the same row.
fn beside(figure: &Figure, figures: &[&Figure]) -> String {
    let is_ours = |one: &&&Figure| {
        one.row == figure.row && one.unit == figure.unit && one.contender.as_deref() == Some(OURS)
    };
    let ours = figures.iter().find(is_ours);
    let contender = figure.contender.as_deref();
    // Ours in another way, such as `ours_over_redis`, is no other's.
    let is_others = contender.is_some_and(|name| !name.starts_with(OURS));
    let Some(ours) = ours.filter(|_| is_others) else {
        return String::new();
    };
    let (low, high) = (ours.value.min(figure.value), ours.value.max(figure.value));
    let is_better = match more_is_better(&figure.unit) {
        true => ours.value > figure.value,
        false => ours.value < figure.value,
    };
    match (shown(high / low).as_str(), is_better) {
        ("1.00", _) => "the same".to_owned(),
        (times, true) => format!("{times} × better"),
        (times, false) => format!("{times} × worse"),
    }
}

fn more_is_better(unit: &str) -> bool {
    unit.ends_with("/s")
}

/// Three digits that count, or all before the point.
pub(crate) fn shown(value: f64) -> String {
    let digits = match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 0.01 => 2,
        _ => 4,
    };
    let whole = format!("{value:.digits$}");
    match whole.trim_start_matches('-').len() {
        // Thousands are set apart.
        len if digits == 0 && len > 4 => apart(&whole),
        _ => whole,
    }
}

fn apart(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len() - at;
        if at > 0 && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Figure, markdown, shown};

    #[test]
    fn figures_show_three_digits() {
        let cases = [0.001, 0.5, 12.34, 571.4, 45_852.0, 1_234_567.0, -3.0];
        let shown = cases.map(shown);
        let expected = [
            "0.0010",
            "0.50",
            "12.3",
            "571",
            "45,852",
            "1,234,567",
            "-3.00",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn wins_and_losses_are_both_told() {
        let figures = [
            Figure::new("hits.arc.ours", 60.0, "ns"),
            Figure::new("hits.arc.slow", 120.0, "ns"),
            Figure::new("beside.redis.ours", 50.0, "calls/s"),
            Figure::new("beside.redis.bare", 100.0, "calls/s"),
            Figure::new("hits.arc.ours_tagged", 70.0, "ns"),
            Figure::new("tags.first", 7.0, "us"),
        ];
        let lines = figures.map(|one| serde_json::to_string(&one).unwrap());
        let tables = markdown(&lines.join("\n")).unwrap();
        assert!(tables.contains("| `arc` | slow | 120 ns | 2.00 × better |"));
        assert!(tables.contains("| `redis` | bare | 100 calls/s | 2.00 × worse |"));
        assert!(tables.contains("| `arc` | ours_tagged | 70.0 ns |  |"));
        assert!(tables.contains("| `first` | 7.00 us |"));
        assert!(tables.contains("performance/beside-calls-per-s.svg"));
    }

    #[test]
    fn what_is_no_figure_is_told() {
        let problem = markdown("a line").unwrap_err();
        assert!(problem.contains("no figure: a line"), "{problem}");
    }
}
