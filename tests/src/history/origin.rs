//! What loaders read: a file an id, whose length is its version.
//!
//! A write appends one byte. So a version only grows, any process may write any id, and the
//! kernel makes both a write and a look at the length atomic.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::subject::IDS;

/// The origin of a run, open in one process.
#[derive(Debug)]
pub(super) struct Origin(Vec<File>);

impl Origin {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let open = |id: u64| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(folder.join(format!("id-{id}")))
        };
        (0..IDS).map(open).collect::<io::Result<_>>().map(Self)
    }

    pub(super) fn version(&self, id: u64) -> io::Result<u64> {
        self.file(id)?.metadata().map(|file| file.len())
    }

    /// Writes once; a version that the id has by now.
    pub(super) fn write(&self, id: u64) -> io::Result<u64> {
        self.file(id)?.write_all(b".")?;
        self.version(id)
    }

    fn file(&self, id: u64) -> io::Result<&File> {
        let at = usize::try_from(id).ok();
        at.and_then(|at| self.0.get(at))
            .ok_or_else(|| io::Error::other("no such id"))
    }
}
