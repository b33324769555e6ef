//! Calls that can't be cached: they run without the cache, and are counted.

use super::Cache;
use crate::error::{CacheError, check_name};
use crate::events::Event;
use crate::site::{Interned, Refused};

impl Cache {
    /// Counts a call with a name that the cache refuses, or with too many tags: it runs without the
    /// cache.
    #[cold]
    pub(crate) fn refused(&self, site: &Interned, namespace: &str, error: &CacheError) {
        tracing::debug!(target: "cache", site = site.identity, %error, "not cached");
        self.uncached(
            namespace,
            match error {
                CacheError::TooManyTags { .. } => "too_many_tags",
                _ => "bad_name",
            },
        );
    }

    /// Counts a call of a function that can't be told from another: it runs without the cache.
    #[cold]
    pub(crate) fn indistinct(&self, site: &Interned, why: Refused) {
        site.tell_refused(why);
        self.uncached(&site.namespace, why.cause());
    }

    /// Counts a call with an argument that could not be written into the key, such as `Serialized` of a
    /// type that fails to serialize: it runs without the cache.
    #[cold]
    pub(crate) fn unwritable(&self, namespace: &str) {
        self.uncached(namespace, "unwritable_key");
    }

    fn uncached(&self, namespace: &str, cause: &'static str) {
        let events = &self.tiers().events;
        let namespace = match check_name("namespace", namespace) {
            Ok(()) => namespace,
            Err(_) => "(refused)",
        };
        let event = Event::Trouble {
            doing: "name the entry",
            cause,
        };
        events.emit(namespace, &events.namespace(namespace), event);
    }
}
