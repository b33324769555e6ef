//! One entry, typed: what the companion of an annotated function gives.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ambient;
use crate::error::{CacheError, Result};
use crate::events::{Event, Tier};
use crate::invalidate::invalidate;
use crate::load::{self, Look, Request};
use crate::owed::Target;
use crate::tag::TagsFrom;
use crate::tiers::Tiers;
use crate::value::Cacheable;

/// The cache entry of one annotated call: `user_entry(42)` for `user(&db, 42)`.
///
/// Where the call would run without a cache (bypassed, disabled or closed), reading finds nothing; an
/// invalidation is carried out all the same, as other processes serve what it is to clear.
pub struct Entry<T> {
    request: Result<Option<Request>>,
    tags_from: TagsFrom<T>,
}

impl<T: Cacheable> Entry<T> {
    pub(crate) fn new(request: Result<Option<Request>>, tags_from: TagsFrom<T>) -> Self {
        Self { request, tags_from }
    }

    /// The value, if a tier has it and may serve it. Never loads; trouble of the cache is `None`.
    pub async fn get(&self) -> Option<T> {
        let request = self.readable()?;
        if let Some(held) = request.in_memory() {
            request.emit(Event::Hit(Tier::Memory));
            return held.get();
        }
        let watch = request.watch();
        let held = Box::pin(load::peek::<T>(request, &watch, Look::Serve)).await?;
        request.keep(&held);
        Some(held.value.clone())
    }

    /// Stores a value as the entry's, over whatever load is under way.
    ///
    /// # Errors
    ///
    /// If it is not stored, the entry is invalidated instead, so that no older value stays:
    /// [`CacheError`](crate::CacheError) says why, and whether that invalidation is owed.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the old value, the new one, or none.
    pub async fn put(&self, value: T) -> Result<(), CacheError> {
        match &self.request {
            // With reads off nothing is stored, and nothing older stays either.
            Ok(Some(_)) if self.readable().is_none() => self.invalidate().await,
            Ok(Some(request)) => Box::pin(load::put(request, self.tags_from, value)).await,
            Ok(None) => Ok(()),
            Err(refused) => Err(refused.clone()),
        }
    }

    /// Runs a future in which the call with this entry's key reloads and stores, whatever the
    /// tiers hold; other annotated calls inside are untouched.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use cache_runtime::{Cache, cached};
    ///
    /// #[cached(ttl = "5m")]
    /// async fn now() -> std::time::SystemTime {
    ///     std::time::SystemTime::now()
    /// }
    ///
    /// Cache::memory().scope(async {
    ///     let first = now().await;
    ///     let fresh = now_entry().refresh(now()).await;
    ///     assert_ne!(first, fresh);
    ///     assert_eq!(now().await, fresh);
    /// }).await;
    /// # });
    /// ```
    pub async fn refresh<F: Future>(&self, call: F) -> F::Output {
        match self.attached() {
            Some(request) => ambient::refreshing(&request.digest, call).await,
            None => call.await,
        }
    }

    /// What the tiers hold of the entry, without serving it; `None` if nothing is there, or if
    /// Redis can't be asked.
    pub async fn inspect(&self) -> Option<Inspection> {
        let request = self.readable()?;
        if let Some(held) = request.in_memory() {
            let left = held.until.ms_since(request.tiers.clock.now());
            return Some(Inspection {
                tier: Tier::Memory,
                fresh_for: Duration::from_millis(left),
                bytes: held.weight as usize,
            });
        }
        let watch = request.watch();
        let held: Arc<crate::memory::Held<T>> =
            Box::pin(load::peek(request, &watch, Look::Inspect)).await?;
        Some(Inspection {
            tier: Tier::Redis,
            fresh_for: Duration::from_millis(held.until.ms_since(request.tiers.clock.now())),
            bytes: held.weight as usize,
        })
    }
}

impl<T> Entry<T> {
    /// Invalidates the entry in every tier and process. What is promised is what
    /// [`TagHandle::invalidate`](crate::TagHandle::invalidate) promises.
    ///
    /// It reaches functions of the same path, version and value shape: across deploys use tags.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) if Redis did not acknowledge;
    /// the invalidation is then owed and retried.
    ///
    /// # Cancellation
    ///
    /// Once polled it is carried out, even if the future is dropped.
    pub async fn invalidate(&self) -> Result<(), CacheError> {
        match &self.request {
            Ok(Some(request)) => invalidate(&request.tiers, vec![request.target()], true).await,
            Ok(None) => Ok(()),
            Err(refused) => Err(refused.clone()),
        }
    }

    /// The entry's name in Redis; empty if a name in it is refused.
    #[must_use]
    pub fn key(&self) -> &str {
        self.attached().map_or("", |request| request.name.as_str())
    }

    pub(crate) fn target(&self) -> Option<(Arc<Tiers>, Target)> {
        let request = self.attached()?;
        Some((Arc::clone(&request.tiers), request.target()))
    }

    /// The request, if this task may be served by the cache.
    fn readable(&self) -> Option<&Request> {
        let on = |request: &&Request| request.tiers.is_on() && !ambient::is_bypassed();
        self.attached().filter(on)
    }

    fn attached(&self) -> Option<&Request> {
        self.request.as_ref().ok()?.as_ref()
    }
}

impl<T> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.key()).finish()
    }
}

/// What a tier holds of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// The fastest tier that may serve it.
    pub tier: Tier,
    /// How long that tier may still serve it: its ttl, and in memory at most `lag`.
    pub fresh_for: Duration,
    /// What it takes there, in bytes.
    pub bytes: usize,
}
