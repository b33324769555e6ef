//! The settings of when entries end and who refreshes them, and how settings are shown.

use std::fmt;

use super::CacheBuilder;

impl CacheBuilder {
    /// The largest share of its ttl by which an entry is stored for less, from 0.0 to 1.0. Defaults to
    /// 0.1, for at most a tenth; 0.0 is for none. The share is drawn anew for each entry, so that
    /// entries that were loaded at the same time do not end at the same time.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// How many refreshes in the background may run at once. Defaults to 64. Past that the stale value
    /// is served without a refresh, which is counted as `skipped_refreshes`.
    #[must_use]
    pub fn max_refreshes(mut self, most: usize) -> Self {
        self.max_refreshes = most;
        self
    }
}

impl fmt::Debug for CacheBuilder {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("prefix", &self.prefix)
            .field("memory_bytes", &self.memory_bytes)
            .field("max_value", &self.max_value)
            .field("op_timeout", &self.op_timeout)
            .field("lag", &self.lag)
            .field("lease", &self.lease)
            .field("jitter", &self.jitter)
            .field("max_refreshes", &self.max_refreshes)
            .field("verify", &self.verify)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
