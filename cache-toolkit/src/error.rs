//! What can go wrong.

use cache_runtime::CacheError;
use cache_runtime::commands::CommandError;

/// What went wrong, and what to do about it. No variant carries a key, a value or a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToolkitError {
    /// The cache has no Redis.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Redis did not do what was asked.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A setting makes no sense.
    #[error("the {what} is wrong: {reason}")]
    Setting {
        /// Which.
        what: &'static str,
        /// What is wrong with it, and what it takes.
        reason: &'static str,
    },
    /// A counter would leave the range of an `i64`; it stays as it is.
    #[error(
        "the counter would leave the range of an i64, and stays as it is: reset it, or take smaller steps"
    )]
    Overflow,
    /// There are more than were asked for.
    #[error("there are more than {at_most}: read them a page at a time, or ask for more")]
    TooMany {
        /// How many were asked for.
        at_most: usize,
    },
    /// This process keeps what a cache without Redis has, and has no room for more.
    #[error(
        "the structures of this process take 64 MiB, and there is no room for more: give them a ttl, or set `CACHE_URL` to a Redis"
    )]
    Full,
    /// What is stored under the name was not written by this crate, or by another version of it.
    #[error("what is stored there is no {what} of this version: use another name, or delete it")]
    Foreign {
        /// What was looked for.
        what: &'static str,
    },
}
