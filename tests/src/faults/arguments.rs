//! What the command line asks for.

use std::time::Duration;

use super::row::{Row, Topology};

/// How to call the program.
pub const USAGE: &str = "\
usage: faults [--all] [--short] [--fault NAME]... [--topology single|sentinel|cluster]... [--list]";

/// Which rows to play, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    pub(super) rows: Vec<Row>,
    pub(super) spans: Spans,
}

/// How long the parts of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spans {
    /// Before the fault, so that there is something to lose.
    pub(super) before: Duration,
    /// While it lasts.
    pub(super) during: Duration,
    /// After hits came from Redis again.
    pub(super) after: Duration,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Play rows.
    Run(Arguments),
    /// Say which there are.
    List,
}

const FULL: Spans = Spans {
    before: Duration::from_secs(1),
    during: Duration::from_secs(3),
    after: Duration::from_secs(1),
};

const SHORT: Spans = Spans {
    before: Duration::from_millis(400),
    during: Duration::from_millis(800),
    after: Duration::from_millis(300),
};

impl Order {
    /// Parses the words after the program's name; none of them choose all rows.
    ///
    /// # Errors
    ///
    /// What is wrong with them, and what there is.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut faults, mut topologies) = (Vec::new(), Vec::new());
        let mut spans = FULL;
        while let Some(flag) = words.next() {
            let mut value = || words.next().ok_or(format!("`{flag}` takes a name"));
            match flag.as_str() {
                "--all" => {}
                "--list" => return Ok(Self::List),
                "--short" => spans = SHORT,
                "--fault" => faults.push(fault(&value()?)?),
                "--topology" => topologies.push(topology(&value()?)?),
                _ => return Err(format!("`{flag}` is not known")),
            }
        }
        // Who names rows gets them.
        let is_named = !faults.is_empty() || !topologies.is_empty();
        let is_asked_for = |row: &Row| {
            (faults.is_empty() || faults.contains(&row.fault.as_str()))
                && (topologies.is_empty() || topologies.contains(&row.topology))
                && (is_named || spans != SHORT || row.is_in_short())
        };
        let rows: Vec<_> = Row::ALL.into_iter().filter(is_asked_for).collect();
        match rows.is_empty() {
            true => Err("no such fault strikes there; `--list` says which do".to_owned()),
            false => Ok(Self::Run(Arguments { rows, spans })),
        }
    }

    /// Every row, a line each.
    #[must_use]
    pub fn list() -> String {
        let lines = Row::ALL.map(|row| {
            let (topology, fault) = (row.topology.as_str(), row.fault.as_str());
            format!("{topology:<8}  {fault}\n")
        });
        lines.concat()
    }
}

fn fault(word: &str) -> Result<&'static str, String> {
    let mut names: Vec<_> = Row::ALL.iter().map(|row| row.fault.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let found = names.iter().find(|name| **name == word).copied();
    found.ok_or_else(|| format!("`{word}` is no fault; there are {}", names.join(", ")))
}

fn topology(word: &str) -> Result<Topology, String> {
    let known = || Topology::ALL.map(Topology::as_str).join(", ");
    Topology::ALL
        .into_iter()
        .find(|topology| topology.as_str() == word)
        .ok_or_else(|| format!("`{word}` is no topology; there are {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Order, String> {
        Order::parse(line.split_whitespace().map(str::to_owned))
    }

    fn rows(line: &str) -> Vec<String> {
        let Ok(Order::Run(arguments)) = parse(line) else {
            panic!("{line}");
        };
        let name = |row: Row| format!("{} {}", row.topology.as_str(), row.fault.as_str());
        arguments.rows.into_iter().map(name).collect()
    }

    #[test]
    fn what_is_wrong_is_named_with_what_there_is() {
        for (line, named, known) in [
            ("--fault earthquake", "earthquake", "black-hole"),
            ("--topology ring", "ring", "sentinel"),
            ("--fault", "--fault", "name"),
            ("--verbose", "--verbose", "known"),
            ("--fault reshard --topology single", "no such", "--list"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(named) && error.contains(known), "{error}");
        }
    }

    #[test]
    fn rows_are_chosen_by_fault_and_topology() {
        assert_eq!(rows("--all").len(), Row::ALL.len());
        assert_eq!(rows("--short").len(), 14 + 3);
        assert_eq!(
            rows("--fault master-killed"),
            ["sentinel master-killed", "cluster master-killed"]
        );
        assert_eq!(rows("--topology cluster --short").len(), 4);
    }

    #[test]
    fn every_row_is_listed() {
        assert_eq!(Order::list().lines().count(), Row::ALL.len());
    }
}
