//! What an invalidation would reach: how many entries, and what it takes to load them again.

use cache_runtime::admin::{Admin, EntryLine, Selection};
use serde::Serialize;

use crate::exit::Failure;
use crate::output::progress::Progress;
use crate::output::units;

/// The entries that are meant, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Survey {
    /// How many there are.
    pub(crate) entries: u64,
    /// What they take in Redis.
    pub(crate) bytes: u64,
    /// How long their loads took in all: what loading them again costs the origin.
    pub(crate) load_us: u64,
    #[serde(skip)]
    pub(crate) names: Vec<String>,
}

/// Counts the entries that are meant, each once.
pub(super) async fn survey(admin: &Admin, selection: Selection) -> Result<Survey, Failure> {
    let progress = Progress::of("counting");
    let mut walk = admin.entries(selection)?;
    let mut lines = Vec::new();
    while let Some(batch) = walk.next().await? {
        lines.extend(batch);
        progress.at(&walk);
    }
    Ok(Survey::of(lines))
}

impl Survey {
    pub(super) fn of(mut lines: Vec<EntryLine>) -> Self {
        lines.sort_by(|one, other| one.name.cmp(&other.name));
        lines.dedup_by(|one, other| one.name == other.name);
        let mut survey = Self::default();
        for line in lines {
            survey.entries += 1;
            survey.bytes = survey.bytes.saturating_add(line.bytes.unwrap_or_default());
            survey.load_us = survey
                .load_us
                .saturating_add(line.load_us.unwrap_or_default());
            survey.names.push(line.name);
        }
        survey
    }

    /// In words.
    pub(crate) fn told(&self) -> String {
        let entries = match self.entries {
            1 => "1 entry".to_owned(),
            count => format!("{} entries", units::count(count)),
        };
        format!(
            "{entries}, {}; loading them again takes the origin {} in all",
            units::bytes(self.bytes),
            units::span_us(self.load_us)
        )
    }
}
