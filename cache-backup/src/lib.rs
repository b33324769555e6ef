//! Backups of what [`cache_runtime`] has in Redis, made while traffic goes on, and their way back.
//!
//! A [`Backup`] walks over the entries and writes those that a read may be served to one file, in constant memory. A
//! [`Restore`] puts them back under the rules of the cache: as stale unless they are trusted, never in the place of
//! what is newer, and so that an invalidation hits them from the moment on that their place is reserved
//! ([`Admin::restore`](cache_runtime::admin::Admin::restore)). Both go on where they stopped when they are run again.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use cache_backup::{Backup, Restore, Target};
//! use cache_runtime::Cache;
//! use cache_runtime::admin::{Admin, Selection};
//!
//! let admin = Admin::new(Cache::builder().environment()?)?;
//! let backup = Backup::of(Selection::Namespace("user".to_owned())).description("before the move");
//! let made = backup.run(&admin, &Target::File("user.zst".into()), |_| ()).await?;
//! println!("{} entries", made.ending.records);
//!
//! let restored = Restore::of(["user.zst"]).run(&admin, |_| ()).await?;
//! println!("{} came back", restored.files[0].restored);
//! # Ok(()) }
//! ```
//!
//! A program that runs backups by itself has [`backup_every`].
//!
//! Values are in the file as they are in Redis. What is not encrypted there is not encrypted in the file either, which
//! only its owner may read. The checksums are against accidents and not against people: who can write the file can
//! write whatever it likes.

/// The guide's chapter, whose code is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/src/backup.md")]
struct Guide;

mod backup;
mod directory;
mod error;
mod file;
mod manifest;
mod rate;
mod restore;
mod schedule;

pub use backup::{Backup, Made, Target};
pub use directory::{Listed, find, list};
pub use error::Error;
pub use file::{Cause, Checked, Damage, check};
pub use manifest::{Ending, Kind, Manifest, Selected, Since, describe};
pub use rate::Rate;
pub use restore::{Restore, Restored, RestoredFile};
pub use schedule::{Plan, Schedule, backup_every};

use serde::Serialize;

/// How far long work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// How many keys or records are done.
    pub done: u64,
    /// How many there are in all, where that is known.
    pub total: Option<u64>,
}

/// A part of long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Keys are walked over, and entries written to the file.
    BackingUp,
    /// The stamps that entries carry are looked at, to learn whether Redis was emptied.
    Looking,
    /// Places of entries are reserved, or judged in a dry run.
    Reserving,
    /// Entries take their places.
    Filling,
}
