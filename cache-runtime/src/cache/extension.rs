//! What packages on top ask a cache for.

use std::sync::Arc;

use super::Cache;
use crate::listeners::{Invalidated, Listener};

impl Cache {
    /// What a package on top keeps for this cache: one value of each type, made by its `Default` when it is first asked
    /// for, shared by all handles, and dropped with the last of them. It must not keep a handle of the cache itself, which
    /// would then never be dropped.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use cache_runtime::Cache;
    ///
    /// /// Requests that were served from this cache.
    /// #[derive(Default)]
    /// struct Served(AtomicU64);
    ///
    /// let cache = Cache::memory();
    /// cache.extension::<Served>().0.fetch_add(1, Ordering::Relaxed);
    /// assert_eq!(cache.clone().extension::<Served>().0.load(Ordering::Relaxed), 1);
    /// assert_eq!(Cache::memory().extension::<Served>().0.load(Ordering::Relaxed), 0);
    /// ```
    #[must_use]
    pub fn extension<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.tiers().extensions.get()
    }

    /// Has this told of each tag, each namespace and everything that this process invalidates by this cache, for as long as
    /// what it gives lives: for what keeps copies elsewhere, as a CDN.
    ///
    /// It is told once Redis has acknowledged, and before the invalidation's own `Ok`; what Redis was not there for is told
    /// of once it is carried out. What is invalidated in other processes they are told of themselves; of single entries, and
    /// of what is expired, nobody is told. It must be quick, and not block: what is more work it hands to a task.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::sync::mpsc;
    ///
    /// use cache_runtime::{Cache, Invalidated};
    ///
    /// let cache = Cache::memory();
    /// let (tell, told) = mpsc::channel();
    /// let listener = cache.on_invalidated(move |what| {
    ///     if let Invalidated::Tag(tag) = what {
    ///         let _ = tell.send(tag.to_owned());
    ///     }
    /// });
    /// cache.tag("user:7").invalidate().await.unwrap();
    /// assert_eq!(told.recv().unwrap(), "user:7");
    /// drop(listener);
    /// # });
    /// ```
    pub fn on_invalidated(
        &self,
        told: impl Fn(Invalidated<'_>) + Send + Sync + 'static,
    ) -> Listener {
        self.tiers().listeners.add(told)
    }

    /// Whether it has Redis by its settings, be that away or not. A cache of `memory:` has none, nor has one that is
    /// turned off.
    #[must_use]
    pub fn has_redis(&self) -> bool {
        self.tiers().redis.is_some()
    }

    /// The name of what a package on top keeps under a name of its own kind, in Redis or where else it has it:
    /// `prefix:k:kind:{name}`. Text that may not stand in a name is escaped, and a long one hashed, so that no two are the
    /// same.
    #[must_use]
    pub fn name_of(&self, kind: &str, name: &str) -> String {
        self.tiers().names.kept(kind, name)
    }

    /// Whether it is in use: it was not made with [`enabled(false)`](crate::CacheBuilder::enabled), and is not closed.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.tiers().is_on()
    }
}
