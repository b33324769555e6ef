//! What a backup says of itself: at its beginning what it is of, at its end what is in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use cache_runtime::admin::{NodeClock, Selection, Unsaved};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::file;

/// The version of the files that this build writes.
pub(crate) const VERSION: u32 = 1;

/// The longest description, in bytes.
pub(crate) const LONGEST_DESCRIPTION: usize = 4 << 10;

/// The beginning of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of its form.
    pub version: u32,
    /// What tells it from every other: when it was begun in Unix milliseconds, and 64 random bits.
    pub id: String,
    /// What a person said of it.
    pub description: String,
    /// Whether a schedule made it.
    #[serde(default)]
    pub scheduled: bool,
    /// Whether it has all entries.
    pub kind: Kind,
    /// The backup that it stands on, where it is incremental.
    pub since: Option<Since>,
    /// What the names of its entries begin with.
    pub prefix: String,
    /// Which entries it is of.
    pub selection: Selected,
    /// The nodes when it was begun, by their own clocks.
    pub began: Vec<NodeClock>,
    /// When it was begun by the clock of the machine that made it, in Unix milliseconds.
    pub began_wall_ms: u64,
}

/// Whether a backup has all entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// All that were meant.
    Full,
    /// Those that were born after another backup was begun.
    Incremental,
}

/// The backup that an incremental one stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Its id.
    pub id: String,
    /// The id of the full backup that all of them stand on.
    pub root: String,
    /// When it was begun: the earliest of its nodes' clocks, in Unix milliseconds.
    pub began_ms: u64,
}

/// Which entries a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "name", rename_all = "snake_case")]
pub enum Selected {
    /// All under the prefix.
    Everything,
    /// Those of a namespace.
    Namespace(String),
    /// Those whose readable key matches a pattern.
    Pattern(String),
    /// Those that carry a tag.
    Tag(String),
}

/// The end of a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The nodes when it ended, by their own clocks.
    pub ended: Vec<NodeClock>,
    /// When it ended by the clock of the machine that made it, in Unix milliseconds.
    pub ended_wall_ms: u64,
    /// How many records it has: an entry may be there more than once.
    pub records: u64,
    /// How many bytes their frames have in all.
    pub bytes: u64,
    /// How many entries were seen and not saved, and why.
    pub unsaved: BTreeMap<String, u64>,
    /// How often it was interrupted and gone on with.
    pub resumed: u32,
    /// A hash over the checksums of all before it.
    pub(crate) chain: String,
}

impl From<Selection> for Selected {
    fn from(selection: Selection) -> Self {
        match selection {
            Selection::Namespace(name) => Self::Namespace(name),
            Selection::Pattern(glob) => Self::Pattern(glob),
            Selection::Tag(tag) => Self::Tag(tag),
            // What a later runtime knows besides is refused there.
            _ => Self::Everything,
        }
    }
}

impl From<Selected> for Selection {
    fn from(selected: Selected) -> Self {
        match selected {
            Selected::Everything => Self::Everything,
            Selected::Namespace(name) => Self::Namespace(name),
            Selected::Pattern(glob) => Self::Pattern(glob),
            Selected::Tag(tag) => Self::Tag(tag),
        }
    }
}

impl Manifest {
    /// The id of the full backup that it stands on, or is.
    pub(crate) fn root(&self) -> &str {
        self.since.as_ref().map_or(&self.id, |since| &since.root)
    }

    /// When it was begun: the earliest of its nodes' clocks. What is born on any of them later is born after that.
    pub(crate) fn began_ms(&self) -> u64 {
        let clocks = self.began.iter().map(|clock| clock.ms);
        clocks.min().unwrap_or_default()
    }

    /// Whether both are of the same entries.
    pub(crate) fn is_of_the_same(&self, other: &Self) -> bool {
        (&self.prefix, &self.selection) == (&other.prefix, &other.selection)
    }

    /// Whether an unfinished backup that says this may be gone on with as the other: it keeps what it says of itself.
    pub(crate) fn goes_on_as(&self, other: &Self) -> bool {
        let says = |of: &Self| (of.since.clone(), of.description.clone(), of.scheduled);
        self.is_of_the_same(other) && says(self) == says(other)
    }
}

/// Why an entry was not saved, as it is counted.
pub(crate) fn cause(unsaved: Unsaved) -> &'static str {
    match unsaved {
        Unsaved::Gone => "gone",
        Unsaved::Expired => "expired",
        Unsaved::Invalidated => "invalidated",
        _ => "unreadable",
    }
}

/// What a backup says of itself; no end where it was cut short. Its records are not looked at: [`check`](crate::check)
/// does that.
///
/// # Errors
///
/// [`Error::File`] if it can't be read, [`Error::NoBackup`] if it is none.
pub fn describe(path: impl AsRef<Path>) -> Result<(Manifest, Option<Ending>), Error> {
    let path = path.as_ref();
    let mut opened = file::open(path)?;
    let manifest = file::beginning(&mut opened).map_err(|damage| Error::cut(path, damage))?;
    Ok((manifest, file::ending(&mut opened)))
}

/// The clock on the wall, in Unix milliseconds.
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.unwrap_or_default().as_millis();
    u64::try_from(ms).unwrap_or(u64::MAX)
}

/// An id that no other backup has.
pub(crate) fn fresh_id(wall_ms: u64) -> String {
    format!("{wall_ms}-{:016x}", rand::random::<u64>())
}
