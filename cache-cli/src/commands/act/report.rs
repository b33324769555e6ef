//! What came of it, as it is told.

use serde::Serialize;

use super::What;
use super::part::{Outcome, Part, Target};
use crate::exit::Exit;
use crate::output::{Page, Report, Tone};

/// What came of all parts.
#[derive(Debug, Serialize)]
pub(crate) struct Acted {
    pub(super) what: What,
    pub(super) is_dry_run: bool,
    pub(super) parts: Vec<Part>,
}

impl Part {
    /// What it is and what it reaches.
    pub(super) fn told(&self) -> String {
        match &self.counted {
            Some(counted) => format!("{}: {}", self.name, counted.told()),
            None => self.name.clone(),
        }
    }

    /// Whether it reaches nothing, as far as that was looked at.
    fn finds_nothing(&self) -> bool {
        let is_empty = |counted: &crate::commands::survey::Survey| counted.entries == 0;
        match &self.target {
            Target::Entries(names) => names.is_empty(),
            _ => self.counted.as_ref().is_some_and(is_empty),
        }
    }
}

impl Report for Acted {
    fn tell(&self, page: &mut Page) {
        for part in &self.parts {
            match &part.outcome {
                Outcome::Planned => {
                    let told = format!("{} {}", self.what.word(), part.told());
                    page.verdict(Tone::Plain, "dry run", &told);
                }
                Outcome::Nothing => {
                    let told = format!("{}: no such entry is stored", part.name);
                    page.verdict(Tone::Doubtful, "nothing", &told);
                }
                Outcome::Done => page.verdict(Tone::Good, self.what.past(), &part.told()),
                Outcome::Failed { cause, .. } => {
                    page.verdict(Tone::Bad, "failed", &format!("{}: {cause}", part.name));
                }
            }
            if let Some(cause) = &part.not_noted {
                page.detail(&format!(
                    "It is not in the log of actions: {cause}. Grant the user `+xadd`, so that others see who did it."
                ));
            }
        }
    }

    fn exit(&self) -> Exit {
        let failed = self.parts.iter().filter_map(|part| match part.outcome {
            Outcome::Failed { exit, .. } => Some(exit),
            _ => None,
        });
        let failed: Vec<_> = failed.collect();
        let found = self.parts.iter().any(|part| match self.is_dry_run {
            true => !part.finds_nothing(),
            false => part.outcome != Outcome::Nothing,
        });
        match failed.first() {
            Some(exit) if failed.len() == self.parts.len() => *exit,
            Some(_) => Exit::Partly,
            None if !found => Exit::Negative,
            None if self.parts.iter().any(|part| part.not_noted.is_some()) => Exit::Partly,
            None => Exit::Done,
        }
    }
}
