//! Calls that can't be cached: they run without the cache, and are counted.

use super::Cache;
use crate::error::{CacheError, check_name};
use crate::events::{Event, Uncached};
use crate::site::{Interned, Refused};

/// The namespace under which what happens in one with a name that is refused is counted.
const REFUSED: &str = "(refused)";

impl Cache {
    /// Tells of a call with a name that the cache refuses, or with too many tags: it runs without the
    /// cache.
    #[cold]
    pub(crate) fn refused(&self, site: &Interned, namespace: &str, error: &CacheError) -> Uncached {
        tracing::debug!(target: "cache", site = site.identity, %error, "not cached");
        let (cause, why) = match error {
            CacheError::TooManyTags { .. } => ("too_many_tags", Uncached::TooManyTags),
            _ => ("bad_name", Uncached::BadName),
        };
        self.trouble_naming(namespace, cause);
        why
    }

    /// Tells of a call of a function that can't be told from another: it runs without the cache.
    #[cold]
    pub(crate) fn indistinct(&self, site: &Interned, why: Refused) -> Uncached {
        site.tell_refused(why);
        self.trouble_naming(&site.namespace, why.cause());
        Uncached::Indistinct
    }

    /// Tells of a call with an argument that could not be written into the key, such as `Serialized` of a
    /// type that fails to serialize: it runs without the cache.
    #[cold]
    pub(crate) fn unwritable(&self, namespace: &str) -> Uncached {
        self.trouble_naming(namespace, "unwritable_key");
        Uncached::UnwritableKey
    }

    /// Counts a call that runs without the cache, of the function of this path or by hand.
    #[cold]
    pub(crate) fn called_uncached(&self, namespace: &str, path: &str, why: Uncached) {
        let events = &self.tiers().events;
        events.function(countable(namespace), path).uncached(why);
    }

    fn trouble_naming(&self, namespace: &str, cause: &'static str) {
        let (events, namespace) = (&self.tiers().events, countable(namespace));
        let event = Event::Trouble {
            doing: "name the entry",
            cause,
        };
        events.emit(namespace, &events.namespace(namespace), event);
    }
}

/// The namespace as it is counted.
fn countable(namespace: &str) -> &str {
    match check_name("namespace", namespace) {
        Ok(()) => namespace,
        Err(_) => REFUSED,
    }
}
