//! One entry with the type of its value: what the companion of an annotated function gives.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::ambient;
use super::deferred::is_deferred;
use super::due::How;
use crate::error::{CacheError, Result};
use crate::events::{Event, Tier, Uncached};
use crate::expire::{age_copies, expire};
use crate::invalidate::invalidate;
use crate::load::{self, Look, Request};
use crate::memory::Held;
use crate::overrides::SettingInForce;
use crate::owed::Target;
use crate::site::SharedWith;
use crate::tiers::Tiers;
use crate::value::Cacheable;

/// The cache entry of one annotated call: `user_entry(42)` for `user(&db, 42)`.
///
/// Where the call would run without a cache (bypassed, disabled or closed), reading finds nothing; an
/// invalidation is carried out all the same, as other processes serve what it is to clear.
pub struct Entry<T> {
    request: Result<Option<Request>>,
    value: PhantomData<fn() -> T>,
}

impl<T: Cacheable> Entry<T> {
    pub(crate) fn new(request: Result<Option<Request>>) -> Self {
        Self {
            request,
            value: PhantomData,
        }
    }

    /// The value, if a tier has it and it is fresh. Never loads; trouble of the cache is `None`, and so is an entry
    /// whose invalidation waits for a commit around the call ([`deferred`](crate::deferred())).
    pub async fn get(&self) -> Option<T> {
        let request = self.readable()?;
        if is_deferred(request) {
            return None;
        }
        if let Some(held) = request.used_in_memory().filter(|held| !held.is_stale) {
            request.emit(Event::Hit(Tier::Memory));
            return held.get();
        }
        let found = Box::pin(load::peek(request, Look::Serve)).await?;
        request.keep(&found.held);
        found.is_fresh.then(|| found.held.value())
    }

    /// Stores a value as the entry's, whatever load is under way. Of several puts at the same time, in
    /// this process or others, the last one wins, and each is `Ok`. It is done at once, also in a
    /// [`deferred`](crate::deferred()) transaction: put after the commit.
    ///
    /// # Errors
    ///
    /// [`CacheError::Overtaken`](crate::CacheError::Overtaken) if an invalidation came in between.
    /// A value that the annotation does not keep (`cache_if`, `none_ttl`, `ttl_from`) removes the entry.
    ///
    /// Whatever the error, no older value stays: where the value can't be stored the entry is
    /// invalidated instead, and [`CacheError`](crate::CacheError) says why, and whether that
    /// invalidation is owed.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the old value, the new one, or none.
    pub async fn put(&self, value: T) -> Result<(), CacheError> {
        match &self.request {
            // With reads off nothing is stored, and nothing older stays either.
            Ok(Some(_)) if self.readable().is_none() => self.invalidate().await,
            Ok(Some(request)) => {
                let put = load::put(request, Arc::new(value));
                Box::pin(put).await
            }
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
            return Some(Inspection::of(request, Tier::Memory, &held));
        }
        if request.redis().is_none() {
            let held = request.stale_in_memory()?;
            return Some(Inspection::of(request, Tier::Memory, &held));
        }
        let found = Box::pin(load::peek(request, Look::Inspect)).await?;
        Some(Inspection::of(request, Tier::Redis, &found.held))
    }
}

impl<T> Entry<T> {
    /// Invalidates the entry in every tier and process, with the promise of
    /// [`TagHandle::invalidate`](crate::TagHandle::invalidate).
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
            Ok(Some(request)) => {
                request.is_invalidated();
                invalidate(&request.tiers, vec![request.target()], true).await
            }
            Ok(None) => Ok(()),
            Err(refused) => Err(refused.clone()),
        }
    }

    /// Makes the entry stale: it may be served for as long as its site's `stale` window allows, while
    /// the first caller loads it anew. [`TagHandle::expire`](crate::TagHandle::expire) says what that
    /// promises, and what it does not.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) if Redis did not acknowledge;
    /// nothing is owed.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, it was done or not.
    pub async fn expire(&self) -> Result<(), CacheError> {
        match &self.request {
            Ok(Some(request)) if request.redis().is_none() => {
                age_copies(&request.tiers, &[request.target()]);
                Ok(())
            }
            Ok(Some(request)) => expire(&request.tiers, &[request.target()]).await,
            Ok(None) => Ok(()),
            Err(refused) => Err(refused.clone()),
        }
    }

    /// The entry's name in Redis; empty if a name in it is refused.
    #[must_use]
    pub fn key(&self) -> &str {
        self.attached().map_or("", |request| request.name.as_str())
    }

    /// The settings that this entry is stored with, each with where it is from: the annotation, or a table of the
    /// settings file. Empty if a name in it is refused.
    #[must_use]
    pub fn settings(&self) -> Vec<SettingInForce> {
        let settings = self.attached().map(|request| {
            let overrides = &request.tiers.overrides;
            overrides.in_force(&request.site.path, &request.namespace, &request.policy)
        });
        settings.unwrap_or_default()
    }

    /// The entry as something to be invalidated or expired, which is noted of its key for the former.
    pub(crate) fn target(&self, how: How) -> Option<(Arc<Tiers>, Target)> {
        let request = self.attached()?;
        if how == How::Invalidate {
            request.is_invalidated();
        }
        Some((Arc::clone(&request.tiers), request.target()))
    }

    /// The request, if this task may be served by the cache.
    pub(crate) fn readable(&self) -> Option<&Request> {
        self.attached().filter(|request| why_not(request).is_none())
    }

    /// Counts a call that asks for the entry and is not served by the cache.
    pub(crate) fn called_uncached(&self) {
        if let Some(request) = self.attached()
            && let Some(why) = why_not(request)
        {
            request.counters.uncached(why);
        }
    }

    fn attached(&self) -> Option<&Request> {
        let request = self.request.as_ref().ok()?.as_ref()?;
        request.allowance.refill();
        Some(request)
    }
}

/// Why this task may not be served by the cache.
fn why_not(request: &Request) -> Option<Uncached> {
    let tiers = &request.tiers;
    let turned_off = || {
        let overrides = &tiers.overrides;
        overrides.is_off(&request.site.path, &request.namespace)
    };
    match () {
        () if ambient::is_bypassed() => Some(Uncached::Bypassed),
        () if !tiers.is_on() => Some(Uncached::Off),
        () if turned_off() => Some(Uncached::TurnedOff),
        () => None,
    }
}

impl<T> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.key()).finish()
    }
}

impl Inspection {
    fn of(request: &Request, tier: Tier, held: &Held) -> Self {
        let now = request.tiers.clock.now();
        Self {
            tier,
            fresh_for: match held.is_stale {
                true => Duration::ZERO,
                false => Duration::from_millis(held.until.ms_since(now)),
            },
            stale_for: Duration::from_millis(held.stale_until.ms_since(now)),
            bytes: held.encoded as usize,
            shared_with: request.site.shared_with(request.policy.codec),
        }
    }
}

/// What a tier holds of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// The fastest tier that may serve it.
    pub tier: Tier,
    /// How long it is still fresh there: the rest of its ttl, and at most `lag` in memory where
    /// Redis does not tell of changes.
    pub fresh_for: Duration,
    /// How long it may still be served while it is refreshed: the rest of its ttl and its `stale`
    /// window.
    pub stale_for: Duration,
    /// What it takes there, in bytes.
    pub bytes: usize,
    /// Which processes share what the function stores in Redis.
    pub shared_with: SharedWith,
}
