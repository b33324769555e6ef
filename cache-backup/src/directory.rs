//! The backups in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Error;
use crate::file::{self, partial_of};
use crate::manifest::{Ending, Manifest, describe};

/// How the names of backups end, and those of unfinished ones.
const ENDS: &str = ".zst";
const PARTIAL: &str = ".zst.partial";

/// The most files that are looked at in a folder.
const MOST: usize = 10_000;

/// A backup in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its file.
    pub path: PathBuf,
    /// How many bytes that has.
    pub bytes: u64,
    /// What it is of.
    pub manifest: Manifest,
    /// What is in it; none where it is not whole.
    pub ending: Option<Ending>,
}

/// The backups in a folder, finished or not, the latest first; of a folder with more than 10,000 files those that the
/// system names first. What is no backup is left out.
///
/// # Errors
///
/// [`Error::File`] if the folder can't be read.
pub fn list(folder: impl AsRef<Path>) -> Result<Vec<Listed>, Error> {
    let folder = folder.as_ref();
    let files = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    let mut listed = Vec::new();
    for entry in files.take(MOST) {
        let path = entry.map_err(Error::file("read", folder))?.path();
        let name = path.to_string_lossy();
        let is_named = name.ends_with(ENDS) || name.ends_with(PARTIAL);
        if !is_named || !path.is_file() {
            continue;
        }
        listed.extend(Listed::of(path));
    }
    listed.sort_by(|one, other| {
        other
            .manifest
            .began_wall_ms
            .cmp(&one.manifest.began_wall_ms)
    });
    Ok(listed)
}

impl Listed {
    /// What a file is.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it can't be read, [`Error::NoBackup`] if it is none.
    pub fn of(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let (manifest, ending) = describe(&path)?;
        let facts = fs::metadata(&path).map_err(Error::file("open", &path))?;
        Ok(Self {
            bytes: facts.len(),
            path,
            manifest,
            ending,
        })
    }
}

/// Where a backup goes in a folder: to what was interrupted and is of the same, if nobody writes that, else to a file of
/// its own.
pub(crate) fn place(folder: &Path, manifest: &Manifest) -> Result<PathBuf, Error> {
    fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    let own = folder.join(format!("{}{ENDS}", manifest.id));
    for listed in list(folder)? {
        let is_same = listed.manifest.goes_on_as(manifest) && listed.ending.is_none();
        let whole = folder.join(format!("{}{ENDS}", listed.manifest.id));
        if is_same && listed.path == partial_of(&whole) && is_free(&listed.path) {
            return Ok(whole);
        }
    }
    Ok(own)
}

/// Whether no process writes a file now.
fn is_free(path: &Path) -> bool {
    file::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// The file of a backup: a path, or an id in a folder.
///
/// # Errors
///
/// [`Error::Unknown`] if there is neither.
pub fn find(name: &Path, folder: Option<&Path>) -> Result<PathBuf, Error> {
    if name.exists() {
        return Ok(name.to_owned());
    }
    let Some(folder) = folder else {
        return Ok(name.to_owned());
    };
    let text = name.to_string_lossy();
    let path = folder.join(format!("{text}{ENDS}"));
    match !text.contains('/') && path.exists() {
        true => Ok(path),
        false => Err(Error::Unknown {
            id: text.into_owned(),
            directory: folder.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, Mode, mkfifoat};
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_pipe_in_the_folder_stops_nobody() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("pipe.zst");
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
        assert_eq!(list(folder.path()).unwrap(), []);
        assert!(matches!(Listed::of(&path), Err(Error::NoBackup { .. })));
    }
}
