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
    NoRoom,
    /// What is stored under the name was not written by this crate, or by another version of it.
    #[error("what is stored there is no {what} of this version: use another name, or delete it")]
    Foreign {
        /// What was looked for.
        what: &'static str,
    },
    /// There is no room for more: nothing was added.
    #[error(
        "the {what} has {most} entries, as many as it may: have more consumers, or raise `max_len`"
    )]
    Full {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: u32,
    },
    /// A value was written as another type than it is read as. What it holds is not told.
    #[error(
        "it is no JSON of the type that is asked for (line {line}, column {column}): give new fields `#[serde(default)]`, \
         and another form another name"
    )]
    Unreadable {
        /// Where in the JSON.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// A delivery was over: its time was too short, and it was finished by another, made again or set aside.
    #[error("the delivery was over before it was finished: renew it, or raise `visible_for`")]
    Late,
}
