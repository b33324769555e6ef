//! The form of a backup: a file that `zstd` reads as well.
//!
//! It is a row of Zstandard frames (RFC 8878, 3.1). The records are in compressed frames, a block of them each. What is
//! said of the backup and of each block is in *skippable* frames, which a reader of the plain format leaves out: the
//! [manifest](crate::Manifest) is the first, one stands before each block, and the [end](crate::Ending) is the last.
//!
//! | in a skippable frame | bytes |
//! |---|---|
//! | `cbk1` | 4 |
//! | what it is: `M`, `B` or `E` | 1 |
//! | JSON | n |
//! | n, u32 | 4 |
//! | xxh3-64 of all before it | 8 |
//!
//! | of a record | bytes |
//! |---|---|
//! | length of what follows, u32 | 4 |
//! | clock of its node, clock on the wall, life of its key: u64 each | 24 |
//! | run of its node | 8 |
//! | length of its name, u32; the name | 4 + n |
//! | the entry's frame | to the end |
//! | xxh3-64 of all but the length | 8 |
//!
//! All integers are little-endian. Whatever is read is untrusted: no length is believed before as many bytes are there,
//! and no block may be larger than [`MOST_RAW`] once decompressed.

mod block;
mod read;
mod record;
mod skippable;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::Serialize;

pub(crate) use read::{Read, beginning, ending};
pub(crate) use record::Record;
pub(crate) use write::{Write, partial_of};

use crate::error::Error;

/// The most bytes of an entry that is backed up.
pub(crate) const MOST_FRAME: u64 = 64 << 20;

/// The most bytes of a block's records.
pub(crate) const MOST_RAW: u64 = MOST_FRAME + (8 << 20);

/// Opens a file to read it. It waits for nobody who would write into a pipe of that name.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags).unwrap_or_default())
        .open(path);
    opened.map_err(Error::file("open", path))
}

/// What is wrong with a file, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The first record that is not read, counted from 0.
    pub record: u64,
    /// Where the part of the file begins that it is in, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub cause: Cause,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// It ends before its end: it was cut short, or is not finished.
    CutShort,
    /// Bytes are others than were written.
    Changed,
    /// It is no backup.
    Foreign,
    /// It is of a later version.
    Version,
    /// Something stands behind its end.
    Trailing,
    /// The disk did not give it.
    Disk,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutShort => "it is cut short",
            Self::Changed => "bytes of it were changed",
            Self::Foreign => "it is no backup of this cache",
            Self::Version => "it was written by a later version",
            Self::Trailing => "something stands behind its end",
            Self::Disk => "the disk did not give it",
        })
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::CutShort,
            _ => Self::Disk,
        }
    }
}

/// What a backup was found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// How many records are good, from the first on.
    pub records: u64,
    /// What is wrong behind them.
    pub damage: Option<Damage>,
}

/// Reads a backup from its beginning to its end, and every checksum in it. Nothing is written, and Redis is not asked.
///
/// # Errors
///
/// [`Error::File`] if it can't be opened. What is wrong with it is no error of this.
pub fn check(path: impl AsRef<Path>) -> Result<Checked, Error> {
    let path = path.as_ref();
    let mut reader = match Read::open(path) {
        Ok(reader) => reader,
        Err(Error::NoBackup { damage, .. }) => {
            return Ok(Checked {
                records: 0,
                damage: Some(damage),
            });
        }
        Err(other) => return Err(other),
    };
    let mut records = 0;
    loop {
        let Some(block) = reader.next() else {
            return Ok(Checked {
                records,
                damage: None,
            });
        };
        records += block.records.len() as u64;
        if block.damage.is_some() {
            return Ok(Checked {
                records,
                damage: block.damage,
            });
        }
    }
}
