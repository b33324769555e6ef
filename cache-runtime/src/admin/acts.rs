//! Invalidating and expiring entries by their names.

use super::Admin;
use crate::cache::entry_target;
use crate::error::{CacheError, Result, shortened};
use crate::expire::expire;
use crate::invalidate::invalidate;
use crate::owed::Target;

impl Admin {
    /// Invalidates entries by their names in Redis, with the promise of
    /// [`TagHandle::invalidate`](crate::TagHandle::invalidate), whether they are stored or not: a load of one that is
    /// under way is not kept.
    ///
    /// # Errors
    ///
    /// [`CacheError::Name`] for a name that is no entry's; nothing is done then. [`CacheError::Unavailable`] if
    /// Redis did not acknowledge: it is owed, and retried for as long as the process lives
    /// ([`Cache::close`](crate::Cache::close) waits for it).
    ///
    /// # Cancellation
    ///
    /// Once polled it is carried out, even if the future is dropped.
    pub async fn invalidate_entries(&self, names: &[String]) -> Result<(), CacheError> {
        invalidate(self.cache.tiers(), self.targets(names)?, true).await
    }

    /// Makes entries stale by their names in Redis, as [`TagHandle::expire`](crate::TagHandle::expire) does.
    ///
    /// # Errors
    ///
    /// As [`invalidate_entries`](Self::invalidate_entries), but nothing is owed.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, some are expired and some are not.
    pub async fn expire_entries(&self, names: &[String]) -> Result<(), CacheError> {
        expire(self.cache.tiers(), &self.targets(names)?).await
    }

    fn targets(&self, entries: &[String]) -> Result<Vec<Target>> {
        let names = self.names();
        let target = |name: &String| match names.parts(name) {
            Some((namespace, _)) => Ok(entry_target(names, namespace, name)),
            None => Err(CacheError::Name {
                what: "entry",
                name: shortened(name),
                reason: "it is not as `prefix:e:namespace:{..}`",
            }),
        };
        entries.iter().map(target).collect()
    }
}
