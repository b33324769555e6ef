//! What was found, in the order in which it was looked at.

use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Page, Report, Tone};

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// It costs hits or speed, or can't be seen.
    Warn,
    /// The cache does not work as it should.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Which node; empty for what is of all.
    pub(crate) node: String,
    /// What was looked at.
    pub(crate) what: &'static str,
    pub(crate) level: Level,
    /// What was seen.
    pub(crate) seen: String,
    /// What to do, where it is not as it should be.
    pub(crate) to_do: String,
}

/// All that was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    found: Vec<Finding>,
    node: String,
    exit: Option<Exit>,
}

/// All that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    /// The worst of all.
    level: Level,
    findings: Vec<Finding>,
    #[serde(skip)]
    exit: Exit,
}

impl Findings {
    /// What follows is of this node.
    pub(super) fn at(&mut self, node: &str) {
        node.clone_into(&mut self.node);
    }

    pub(super) fn ok(&mut self, what: &'static str, seen: impl Into<String>) {
        self.add(what, Level::Ok, seen.into(), "");
    }

    pub(super) fn warn(&mut self, what: &'static str, seen: impl Into<String>, to_do: &str) {
        self.add(what, Level::Warn, seen.into(), to_do);
    }

    pub(super) fn bad(&mut self, what: &'static str, seen: impl Into<String>, to_do: &str) {
        self.add(what, Level::Bad, seen.into(), to_do);
    }

    fn add(&mut self, what: &'static str, level: Level, seen: String, to_do: &str) {
        self.found.push(Finding {
            node: self.node.clone(),
            what,
            level,
            seen,
            to_do: to_do.to_owned(),
        });
    }

    /// That not every node is connected, which decides how the program ends.
    pub(crate) fn unconnected(&mut self, failure: &Failure) {
        let is_known = self.exit.is_some();
        self.exit.get_or_insert(failure.exit);
        if !is_known {
            self.bad(
                "connection",
                failure.text.clone(),
                "mend this first: the rest depends on it",
            );
        }
    }

    pub(crate) fn checked(self) -> Checked {
        let level = self.found.iter().map(|finding| finding.level).max();
        let level = level.unwrap_or(Level::Ok);
        Checked {
            level,
            exit: self.exit.unwrap_or(match level {
                Level::Bad => Exit::Negative,
                Level::Ok | Level::Warn => Exit::Done,
            }),
            findings: self.found,
        }
    }
}

impl Report for Checked {
    fn tell(&self, page: &mut Page) {
        let mut node = None;
        for finding in &self.findings {
            if node != Some(&finding.node) {
                if node.is_some() {
                    page.gap();
                }
                let head = match finding.node.is_empty() {
                    true => "all nodes",
                    false => &finding.node,
                };
                page.line(head);
                node = Some(&finding.node);
            }
            let (tone, word) = match finding.level {
                Level::Ok => (Tone::Good, "ok  "),
                Level::Warn => (Tone::Doubtful, "warn"),
                Level::Bad => (Tone::Bad, "bad "),
            };
            page.verdict(
                tone,
                word,
                &format!("{:<15} {}", finding.what, finding.seen),
            );
            if !finding.to_do.is_empty() {
                page.detail(&finding.to_do);
            }
        }
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}
