//! Which processes share the entries of a site.

use crate::executable;

/// What stands for the part of a type that can't be seen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beyond {
    /// What the user says of it.
    Stated(u128),
    /// The executable, told by where code that reads the value is.
    Executable(usize),
}

impl Beyond {
    pub(super) fn fingerprint(self) -> u128 {
        match self {
            Self::Stated(stated) => stated,
            Self::Executable(code) => executable::fingerprint(code),
        }
    }
}

/// Which processes share what an annotated function stores in Redis.
///
/// Values are written by position, so a build whose type differs would misread them. What the type
/// looks like is part of the key; where that can't be seen in full, the executable is too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharedWith {
    /// Every process whose value type has the same fields, variants and parts, of any build.
    EveryBuild,
    /// Builds in which the function stands at the same place, and which the same compiler made of
    /// the same dependencies: nothing else tells the function, or a type it is used at, from
    /// another of the same name.
    SameSources {
        /// What has no name of its own.
        why: String,
    },
    /// Every process whose annotation states the same `shape`, and whose type looks alike as far as
    /// it can be seen.
    SameStatement {
        /// What of the type can't be seen.
        why: String,
    },
    /// Processes of the same executable file only: a new build begins with an empty cache.
    SameExecutable {
        /// What of the type can't be seen.
        why: String,
    },
}
