//! What can go wrong.

use cache_runtime::commands::CommandError;
use tower_sessions_core::session_store;

/// What went wrong, and what to do about it. No variant carries an id, a user or a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
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
    /// The session has ended meanwhile, by a logout or a login: what this request changed is not stored.
    #[error("the session ended while this request was under way, and its changes are not stored")]
    Gone,
    /// Another request has changed the same value meanwhile.
    #[error(
        "another request has changed the same value of the session meanwhile, and nothing is stored: \
         load it and try again, or let the later win by `SessionStore::last_wins`"
    )]
    Conflict,
    /// The session is of another user than the one who would be stored in it.
    #[error(
        "a session changes its user with its id alone: use `cache_http::session::login` and `logout`, not `insert`, \
         `remove` or `clear`"
    )]
    OtherUser,
    /// A user has no name.
    #[error("a user's id is some text, and not empty: give what names one user for good")]
    NoUser,
    /// A value has a name that this crate has a use for.
    #[error(
        "names of a session's values that begin with `cache.` are the crate's own: give the value another name, and let \
         no caller choose it"
    )]
    Reserved,
    /// There is too much in it.
    #[error(
        "a session is at most {limit} bytes: keep large values elsewhere, and their names in it"
    )]
    TooLarge {
        /// How many it may have.
        limit: usize,
    },
    /// A value is no JSON that could be read again.
    #[error(
        "a value of the session can't be kept: at most {deepest} lists and objects are within each other, so keep it \
         flatter, or elsewhere"
    )]
    Value {
        /// How many may be within each other.
        deepest: usize,
    },
    /// What is stored under the name was not written by this crate, or by another version of it.
    #[error(
        "what is stored there is no session of this version: delete it, and the user logs in again"
    )]
    Foreign,
    /// Each id that was tried is taken.
    #[error("no free id was found: is the random source of this machine broken?")]
    Taken,
    /// A cache without Redis has no room for more.
    #[error("there are {limit} sessions in this process already: set `CACHE_URL` to a Redis")]
    Full {
        /// How many there may be.
        limit: usize,
    },
    /// A text is no handle.
    #[error("this is no handle of a session: take those of `SessionStore::active`")]
    Handle,
}

impl From<SessionError> for session_store::Error {
    fn from(error: SessionError) -> Self {
        Self::Backend(error.to_string())
    }
}
