//! What is exported of one cache, whoever it is exported to.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_runtime::Cache;
use parking_lot::Mutex;

use crate::list::metrics;
use crate::metric::Family;
use crate::rate::Window;
use crate::seen::{Seen, Server};

/// What names begin with unless another prefix is asked for.
pub const PREFIX: &str = "cache";

/// The figures of one cache under the names that they are exported with. It is cheap to clone, and holds the cache.
#[derive(Clone)]
pub struct Exporter(Arc<Shared>);

pub(crate) struct Shared {
    cache: Cache,
    prefix: String,
    window: Mutex<Window>,
    /// What servers said of themselves, and when.
    servers: Mutex<Option<(Instant, Vec<Server>)>>,
}

/// What servers said longer ago than this is told no more: who asks them stands still.
const SAID_OF_LATE: Duration = Duration::from_secs(60);

/// A prefix that no metric's name may begin with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} can't begin a metric's name: take a letter, then letters, digits and `_`, such as \"shop_cache\""
)]
pub struct BadPrefix(pub String);

impl Exporter {
    /// Exports the figures of a cache under names that begin with `cache_`.
    #[must_use]
    pub fn new(cache: &Cache) -> Self {
        Self::under(cache, PREFIX.to_owned())
    }

    /// Exports them under names that begin with another prefix, as where a program has two caches: `users_cache`.
    ///
    /// # Errors
    ///
    /// [`BadPrefix`] if no name can begin so.
    pub fn with_prefix(cache: &Cache, prefix: &str) -> Result<Self, BadPrefix> {
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let is_good = prefix.starts_with(is_first)
            && prefix.chars().all(|c| is_first(c) || c.is_ascii_digit())
            && !prefix.ends_with('_');
        match is_good {
            true => Ok(Self::under(cache, prefix.to_owned())),
            false => Err(BadPrefix(prefix.to_owned())),
        }
    }

    fn under(cache: &Cache, prefix: String) -> Self {
        let (window, servers) = (Mutex::default(), Mutex::default());
        let cache = cache.clone();
        Self(Arc::new(Shared {
            cache,
            prefix,
            window,
            servers,
        }))
    }

    /// What names begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// All metrics as they are now, in an order that does not change. It asks Redis for nothing: what servers say of
    /// themselves is asked for by a task (feature `servers`).
    #[must_use]
    pub fn families(&self) -> Vec<Family> {
        let seen = self.see();
        metrics().map(|metric| metric.family(&seen)).collect()
    }

    pub(crate) fn see(&self) -> Seen {
        let (mut seen, now) = (Seen::of(&self.0.cache), Instant::now());
        seen.rates = self.0.window.lock().look(&seen.namespaces, now);
        if let Some((at, servers)) = &*self.0.servers.lock()
            && now.duration_since(*at) < SAID_OF_LATE
        {
            seen.servers.clone_from(servers);
        }
        seen
    }

    #[cfg(feature = "servers")]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    #[cfg(feature = "servers")]
    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }
}

#[cfg(feature = "servers")]
impl Shared {
    pub(crate) fn tell_servers(&self, at: Instant, servers: Vec<Server>) {
        *self.servers.lock() = Some((at, servers));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.prefix).finish()
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Exporter").field(&self.prefix()).finish()
    }
}
