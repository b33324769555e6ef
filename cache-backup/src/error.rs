//! What can fail.

use std::io;
use std::path::{Path, PathBuf};

use cache_runtime::CacheError;

use crate::file::Damage;

/// Why there is no backup, or no restore.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Redis did not answer, or a setting is wrong.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A file could not be read or written.
    #[error("could not {doing} {}: {source}", path.display())]
    File {
        /// What was tried: `write`, `open`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is a file of that name already.
    #[error("{} is there already: name another file, or move it away", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another process writes the same backup now.
    #[error("{} is being written by another process", path.display())]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
    /// What was interrupted is another backup.
    #[error(
        "{} was begun for another prefix, selection, base or description: finish it with the arguments that it was begun with, or \
         delete it", path.display()
    )]
    OtherPartial {
        /// The unfinished file.
        path: PathBuf,
    },
    /// It is no backup, or its beginning is damaged.
    #[error("{} is no backup that can be read: {}", path.display(), damage.cause)]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// A backup that another is to stand on is not whole.
    #[error("{} is not whole: an incremental backup stands on one that has its end", path.display())]
    NotWhole {
        /// The file.
        path: PathBuf,
    },
    /// A backup that another is to stand on is of something else.
    #[error("{} is of another prefix or selection: an incremental backup is of the same", path.display())]
    OtherBase {
        /// The file.
        path: PathBuf,
    },
    /// There is no backup of this name.
    #[error("there is no backup {id} in {}: `cachectl backups` lists them", directory.display())]
    Unknown {
        /// Its id.
        id: String,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// Names in the backup begin with another prefix than the cache has.
    #[error(
        "the backup is of the prefix `{backup}`, and this cache has `{cache}`: set CACHE_PREFIX, or say that it is \
         meant (`--other-prefix`)"
    )]
    Prefix {
        /// That of the backup.
        backup: String,
        /// That of the cache.
        cache: String,
    },
    /// Files that don't follow one another.
    #[error(
        "{} does not follow the file before it: name a full backup, then its incremental ones in the order in which \
         they were made", path.display()
    )]
    Chain {
        /// The first that does not.
        path: PathBuf,
    },
    /// Nodes are replaced faster than a walk over their keys takes.
    #[error(
        "nodes of redis were replaced again and again during the backup: make it when they stand still"
    )]
    Unsteady,
    /// There is no thread for a schedule.
    #[error("could not start a thread for backups: {0}")]
    Thread(io::Error),
}

impl Error {
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }

    pub(crate) fn cut(path: &Path, damage: Damage) -> Self {
        Self::NoBackup {
            path: path.to_owned(),
            damage,
        }
    }
}
