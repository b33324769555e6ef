//! What can go wrong, and what to do about it.
//!
//! A *read* never returns an error of the cache: trouble is a counted event, and a load. What can fail
//! is what the program asks the cache for itself: building one, connecting, invalidating, putting.

use std::time::Duration;

/// What went wrong, and what to do about it.
///
/// No variant carries a password, a key's arguments or a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// A setting of the builder or of the environment is wrong.
    #[error("the setting `{setting}` is wrong: {reason}")]
    Setting {
        /// The builder's method, or the environment variable.
        setting: &'static str,
        /// What is wrong with it, and what it takes.
        reason: String,
    },
    /// A namespace, pattern or prefix has a form that would break the names in Redis, or a tag is
    /// empty or could not be written.
    #[error("the {what} {name:?} is refused: {reason}")]
    Name {
        /// `"namespace"`, `"tag"`, `"prefix"`, `"pattern"` or `"entry"`.
        what: &'static str,
        /// The name, cut at 64 characters.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Redis could not be reached or did not do what was asked.
    ///
    /// An invalidation that returns this is *owed*: it is kept and retried in the background, and
    /// this process serves nothing it covers until it is done. Other processes may serve the older
    /// value until then, so an operation that must not be missed should be reported as failed.
    #[error(
        "the cache could not {doing}: {cause}; an invalidation is retried by itself, so look at \
         `cache.health()` and at the server"
    )]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// Why it failed: `"down"`, `"timeout"`, or the server's reason.
        cause: String,
    },
    /// [`Cache::connect`](crate::Cache::connect) did not reach Redis in time. Calls run their bodies
    /// meanwhile, and the cache goes on trying to connect.
    #[error(
        "redis ({node}) is not connected: {cause}; {advice}. Calls run without it, and it is tried again by itself"
    )]
    NotConnected {
        /// The node's address, or the name that sentinels know it by.
        node: String,
        /// Why, by the word that `health()` and the log use for it.
        cause: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// The value could not be encoded, so the entry was invalidated instead of put.
    #[error(
        "the value can't be encoded: its `Serialize` fails, or its `codec` has no form for it; the log says which, and the entry \
         was invalidated"
    )]
    Encode,
    /// The function says `encrypt` and the cache has no key, so the entry was invalidated instead of put.
    #[error(
        "the function says `encrypt` and the cache has no key: set `CACHE_ENCRYPTION_KEYS`, or give \
         `CacheBuilder::encryption` one; the entry was invalidated"
    )]
    NoKey,
    /// The value is over `max_value`, so the entry was invalidated instead of put.
    #[error(
        "the value is over `max_value`, {limit} bytes: raise it or store less; the entry was invalidated"
    )]
    TooLarge {
        /// The setting, in bytes.
        limit: usize,
    },
    /// An entry would have more tags than it may, so nothing is stored; a put invalidated it instead.
    #[error(
        "an entry has at most {limit} tags, its call's and its value's together: give it tags of groups, \
         such as `org:7` in place of one for each member"
    )]
    TooManyTags {
        /// How many it may have.
        limit: usize,
    },
    /// An invalidation came while the value was put, or the put took longer than its lease lives:
    /// nothing is stored, and nothing older is left. Another put does not cause it: the last one wins.
    #[error("the entry was invalidated while it was put: nothing is stored; read it again")]
    Overtaken,
    /// A process default is installed already.
    #[error(
        "a process default is installed already (the first cached call installs one from the \
         environment): call `install` once, before any cached call, or use `scope`"
    )]
    Installed,
    /// The cache was closed while invalidations were still owed.
    #[error(
        "closed with {left} invalidations not acknowledged by Redis ({}): other processes serve those \
         entries up to their ttl; invalidate again from a process that reaches Redis",
        .of.join(", ")
    )]
    Owed {
        /// How many were left.
        left: usize,
        /// What the first 16 are of: `tag user:42`, `namespace user`, `entry app:e:user:{..}`, or
        /// `everything`.
        of: Vec<String>,
    },
}

/// The error of a load that took longer than the `load_timeout` of its function, and was dropped. The
/// function returns it as its own error, by `From<LoadTimeout>`:
///
/// ```
/// use cache_runtime::{LoadTimeout, cached};
///
/// #[derive(Clone, Debug)]
/// enum DbError { Slow }
///
/// impl From<LoadTimeout> for DbError {
///     fn from(_: LoadTimeout) -> Self {
///         Self::Slow
///     }
/// }
///
/// #[cached(ttl = "5m", load_timeout = "2s")]
/// async fn user(id: u64) -> Result<String, DbError> {
///     Ok(format!("user {id}"))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the load took longer than its `load_timeout` of {limit:?} and was dropped: look at what it waits for, or \
     raise the limit; with `stale` an older value would be served"
)]
#[non_exhaustive]
pub struct LoadTimeout {
    /// The `load_timeout`.
    pub limit: Duration,
}

impl LoadTimeout {
    pub(crate) fn after(limit: Duration) -> Self {
        Self { limit }
    }
}

/// The result of what a person asks of the cache by name.
pub(crate) type Result<T, E = CacheError> = std::result::Result<T, E>;

/// Refuses what would break the names in Redis: a brace, a control character, over 256 bytes.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<()> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > 256 {
        "it is over 256 bytes"
    } else if name.contains(['{', '}']) {
        "it has a brace, which Redis Cluster reads as a hash tag"
    } else if name.chars().any(char::is_control) {
        "it has a control character"
    } else {
        return Ok(());
    };
    Err(CacheError::Name {
        what,
        name: shortened(name),
        reason,
    })
}

/// As much of a name as an error carries.
pub(crate) fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_break_redis_are_refused() {
        for bad in ["", "a{b", "a}b", "a\nb", &"x".repeat(257)] {
            assert!(check_name("namespace", bad).is_err(), "{bad:?}");
        }
        assert_eq!(check_name("namespace", "user:42 é"), Ok(()));
    }
}
