//! The public handle, `Cache`, and what it gives out.

mod ambient;
mod builder;
mod connecting;
mod deferred;
mod due;
mod entry;
mod environment;
mod extension;
mod fleet;
mod groups;
mod health;
mod look;
mod refused;
mod scan;
mod settings;
mod sites;
mod stats;
mod testing;

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use ambient::{bypass, dependencies, inherit, outcome};
pub use builder::CacheBuilder;
pub use deferred::{Invalidations, deferred};
pub use entry::{Entry, Inspection};
pub use fleet::{FleetStats, ProcessStats};
pub use groups::{Namespace, TagHandle};
pub use health::{Health, NodeHealth};
pub use scan::{Scan, ScannedKey};
pub use settings::Durability;
pub use sites::SiteInfo;
pub use testing::Testing;

pub(crate) use ambient::{
    Current, around, bystander, carried, current, deferral, is_bypassed, is_written, looks_later,
    observed, observer, refreshes, resolve, unobserved, writing,
};
pub(crate) use deferred::{Deferral, is_deferred};
pub(crate) use due::{Due, How};
pub(crate) use groups::{namespace_target, tag_target};
pub(crate) use look::{Missed, look};
#[cfg(feature = "redis")]
pub(crate) use scan::entry_target;

use crate::boxed::boxed;
use crate::curve::MemoryCurve;
use crate::error::{CacheError, Result};
use crate::events::{Stats, Uncached};
use crate::key::{CacheKey, KeyWriter};
use crate::kind::Kind;
use crate::load::{self, Always, Caller, Course, Hooks, Remote, Request, Returned};
use crate::memory::Held;
use crate::overrides::{SettingFrom, SettingInForce};
use crate::policy::Policy;
use crate::returns::Fallible;
use crate::site::{self, Interned};
use crate::tag::Tag;
use crate::tiers::Tiers;
use crate::value::Cacheable;

/// A cache: this process's memory, and Redis if the settings name one. It is cheap to clone, and clones
/// share everything.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use cache_runtime::{Cache, cached};
///
/// #[cached(ttl = "5m")]
/// async fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// let cache = Cache::memory();
/// let (first, second) = cache.scope(async { (square(4).await, square(4).await) }).await;
/// assert_eq!((first, second), (16, 16));
/// assert_eq!(cache.stats().namespaces[0].loads, 1);
/// # });
/// ```
#[derive(Clone)]
pub struct Cache(Arc<Tiers>);

impl Cache {
    /// A builder, with a default for each setting.
    #[must_use]
    pub fn builder() -> CacheBuilder {
        CacheBuilder::default()
    }

    /// The cache that the environment describes; see [`CacheBuilder::environment`].
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`] or [`CacheError::Name`], naming the variable.
    pub fn from_env() -> Result<Self, CacheError> {
        Self::builder().environment()?.build()
    }

    /// A cache in this process's memory alone, of 64 MiB; it needs no server.
    #[must_use]
    pub fn memory() -> Self {
        Self::builder().build_memory()
    }

    /// Makes this the process default: what annotated functions use outside any [`scope`](Self::scope).
    ///
    /// Without it, the first cached call installs [`Cache::from_env`]. Where the environment's settings are
    /// wrong, which is logged once, calls run without a cache until one is installed.
    ///
    /// # Errors
    ///
    /// [`CacheError::Installed`] if there is a default already.
    pub fn install(&self) -> Result<(), CacheError> {
        self.0.used.note();
        ambient::install(self)
    }

    /// Runs a future in which annotated functions use this cache: for tests and tenants.
    ///
    /// It reaches what the future polls on its own task, and tasks that it spawns with [`inherit`].
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        self.0.used.note();
        ambient::scope(self, future).await
    }

    /// The cache that annotated functions use here: the one in scope, else the process's default, which the first
    /// call makes from the environment. `None` where the environment's settings are wrong and none was
    /// installed.
    ///
    /// It is the one inside a [`bypass`] too: what invalidates by hand is carried out there as well.
    #[must_use]
    pub fn current() -> Option<Self> {
        ambient::resolve(None).map(|cache| cache.clone())
    }

    /// Everything that carries a tag.
    pub fn tag(&self, tag: impl Into<Tag>) -> TagHandle {
        self.0.used.note();
        TagHandle::new(self.clone(), tag.into())
    }

    /// Everything in a namespace.
    pub fn namespace(&self, namespace: impl AsRef<str>) -> Namespace {
        self.0.used.note();
        Namespace::new(self.clone(), namespace.as_ref())
    }

    /// The value under a key of a namespace, loaded once if no tier has it: what
    /// [`cached`](crate::cached) does, by hand.
    ///
    /// Entries of one namespace, key and value type are shared by all such calls.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use cache_runtime::{Cache, Policy};
    /// use std::time::Duration;
    ///
    /// let cache = Cache::memory();
    /// let policy = Policy::new(Duration::from_secs(60));
    /// let len = cache
    ///     .get_or_load("len", "some text", &policy, async { Ok::<_, std::io::Error>(9_u64) })
    ///     .await?;
    /// assert_eq!(len, 9);
    /// # Ok::<_, std::io::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// The load's own. Trouble of the cache is an event and a load.
    ///
    /// # Cancellation
    ///
    /// Dropping the future gives up its place; another waiting caller loads instead.
    pub async fn get_or_load<T, E, K, F>(
        &self,
        namespace: &str,
        key: &K,
        policy: &Policy,
        load: F,
    ) -> Result<T, E>
    where
        T: Cacheable,
        K: CacheKey + ?Sized,
        F: Future<Output = Result<T, E>>,
    {
        let mut writer = KeyWriter::new();
        key.write(&mut writer);
        let load = std::pin::pin!(load);
        let course = {
            // In a block: what is lent out would be kept while the call waits.
            let mut value = None;
            let mut read = |held: &Held| value = Some(held.value());
            let course = self.by_hand(Kind::of::<T>(), namespace, &mut writer, policy, &mut read);
            match value {
                Some(value) => return Ok(value),
                None => course,
            }
        };
        let caller = Caller {
            course,
            body: load,
            // Nothing is known of its error, so each caller has its own.
            share: None,
            timed_out: None,
            validity: Always,
            mode: PhantomData::<fn() -> Fallible>,
        };
        caller.await
    }

    /// Has `found` look at what memory has for a call by hand; else the read of its entry, if that can be named.
    fn by_hand(
        &self,
        kind: &'static Kind,
        namespace: &str,
        key: &mut KeyWriter,
        policy: &Policy,
        found: &mut dyn FnMut(&Held),
    ) -> Option<Course> {
        // It is in no digest, as it is in the entry's name; in memory it tells entries apart.
        key.__beside(namespace);
        let site = site::by_hand(kind.value);
        if look(site, policy, Some(self), key, found) {
            return None;
        }
        if let Some(why) = self.why_not(site, namespace) {
            self.called_uncached(namespace, "", why);
            return None;
        }
        let missed = match looks_later() {
            true => Missed::unasked(),
            false => match self.in_memory((site, kind), namespace, policy, key) {
                Ok(held) => {
                    found(&held);
                    return None;
                }
                Err(missed) => missed,
            },
        };
        if key.failure().is_some() {
            self.called_uncached(namespace, "", self.unwritable(namespace));
            return None;
        }
        let mut draft = self.draft((site, kind), namespace.into(), *policy, key, missed);
        draft.is_call = true;
        match draft.with_tags(&[], Hooks::default()) {
            Ok(request) => {
                let tally = Arc::clone(&request.tally);
                let apart = apart(&request);
                let course = Course::new(tally, false, |body| read(request, body));
                Some(course.apart(apart))
            }
            Err(error) => {
                self.called_uncached(namespace, "", self.refused(site, namespace, &error));
                None
            }
        }
    }

    /// Why a call runs without the cache, if it is not to use it.
    fn why_not(&self, site: &Interned, namespace: &str) -> Option<Uncached> {
        match () {
            () if is_bypassed() => Some(Uncached::Bypassed),
            () if !self.tiers().is_on() => Some(Uncached::Off),
            () if self.is_off(site, namespace) => Some(Uncached::TurnedOff),
            () => None,
        }
    }

    /// Reads the settings file anew, as it is read within a second of a change.
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`] if there is none or it is wrong; all stays as it was then.
    pub fn reload(&self) -> Result<(), CacheError> {
        let reloaded = self.tiers().overrides.reload();
        reloaded.map_err(|reason| CacheError::Setting {
            setting: "config",
            reason,
        })
    }

    /// The settings of this cache, each with who said so: the program, an environment variable, or nobody. What is set
    /// for functions is told of by [`sites`](Self::sites). No value has a secret in it.
    #[must_use]
    pub fn settings(&self) -> Vec<SettingInForce> {
        let mut settings = self.tiers().settings.clone();
        // What a settings file says of memory comes before what the cache was built with.
        let memory = settings
            .iter_mut()
            .find(|setting| setting.name == "memory_bytes");
        if let (Some(setting), Some(bytes)) = (memory, self.tiers().overrides.memory_bytes()) {
            (setting.value, setting.from) = (bytes.to_string(), SettingFrom::SettingsFile);
        }
        settings
    }

    /// What happened in this process since the cache was built, with a row for each namespace and each function.
    #[must_use]
    pub fn stats(&self) -> Stats {
        stats::stats(self.tiers(), stats::FEW_KEYS)
    }

    /// As [`stats`](Self::stats), with all keys of each list of [`FunctionStats::insight`](crate::FunctionStats::insight),
    /// of which there are 24 at most where `stats` and the fleet's have 8.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use cache_runtime::{Cache, cached};
    ///
    /// #[cached(ns = "user", ttl = "5m", key = "user:{id}")]
    /// async fn user(id: u64) -> u64 {
    ///     id
    /// }
    ///
    /// let cache = Cache::memory();
    /// cache.scope(async {
    ///     for id in [7, 7, 8] {
    ///         user(id).await;
    ///         user_entry(7).invalidate().await?;
    ///     }
    ///     Ok::<_, cache_runtime::CacheError>(())
    /// }).await?;
    /// let insight = cache.insight();
    /// let user = &insight.functions[0].insight;
    /// assert_eq!(user.pattern, "user:{id}");
    /// assert_eq!(user.by_loads.keys[0].shown(), "user:7");
    /// assert_eq!(user.by_loads.keys[0].weight, 2);
    /// # Ok::<_, cache_runtime::CacheError>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn insight(&self) -> Stats {
        stats::stats(self.tiers(), usize::MAX)
    }

    /// Which share of this process's reads memory of other sizes would have served, since the cache was built: how far
    /// `memory_bytes` could be lowered at no loss, or what raising it would gain. It is estimated from a sample of the
    /// entries ([SHARDS](https://www.usenix.org/conference/fast15/technical-sessions/presentation/waldspurger), of memory
    /// that drops what was read the longest ago), which needs some thousand entries to be near the truth; it takes half
    /// a megabyte at most. Ends of `ttl` and invalidations are not reckoned with: what is over is a miss in any memory.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use cache_runtime::{Cache, cached};
    ///
    /// #[cached(ns = "square", ttl = "5m")]
    /// async fn square(n: u64) -> u64 {
    ///     n * n
    /// }
    ///
    /// let cache = Cache::memory();
    /// cache.scope(async {
    ///     for n in (0..20_000).chain(0..20_000) {
    ///         square(n).await;
    ///     }
    /// }).await;
    /// let curve = cache.memory_curve();
    /// assert_eq!(curve.reads(), 40_000);
    /// // Half of the reads could be hits, with room for all of the entries.
    /// assert!(curve.hit_rate(u64::MAX) > 0.45);
    /// assert!(curve.hit_rate(100_000) < 0.05);
    /// assert!(curve.size_for(0.45).is_some_and(|bytes| bytes > 1_000_000));
    /// # });
    /// ```
    #[must_use]
    pub fn memory_curve(&self) -> MemoryCurve {
        let Some(memory) = &self.tiers().memory else {
            return MemoryCurve::default();
        };
        let stats = self.stats();
        let served = stats.namespaces.iter().map(|row| row.memory_hits);
        memory.curve.of(served.fold(0, u64::saturating_add))
    }

    /// The statistics of all processes that share this cache's Redis and prefix, each as it last published it and this one as
    /// it is; and their sum. Each publishes every [`fleet_interval`](CacheBuilder::fleet_interval) once it is connected,
    /// unless it was told [not to](CacheBuilder::fleet).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use cache_runtime::{Cache, cached};
    ///
    /// #[cached(ns = "square", ttl = "5m")]
    /// async fn square(n: u64) -> u64 {
    ///     n * n
    /// }
    ///
    /// let cache = Cache::memory();
    /// cache.scope(square(4)).await;
    /// let fleet = cache.fleet_stats().await?;
    /// assert_eq!(fleet.total.namespace("square").map(|row| row.loads), Some(1));
    /// // Without Redis there is nobody else to ask.
    /// assert!(!fleet.has_others && fleet.processes.len() == 1);
    /// # Ok::<_, cache_runtime::CacheError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if Redis can't be asked.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves nothing behind.
    pub async fn fleet_stats(&self) -> Result<FleetStats, CacheError> {
        boxed(|| fleet::fleet_stats(self.tiers())).await
    }

    /// The process whose id begins like this, if it publishes still.
    #[cfg(feature = "redis")]
    pub(crate) async fn process(&self, begins: &str) -> Option<ProcessStats> {
        boxed(|| fleet::process(self.tiers(), begins)).await
    }

    /// How the tiers are at this moment. It begins to connect to Redis, if nothing has yet, and waits
    /// for nothing, so that a probe finds out how Redis is before there was a call.
    #[must_use]
    pub fn health(&self) -> Health {
        let tiers = self.tiers();
        if let (Some(redis), true) = (&tiers.redis, tiers.is_on()) {
            redis.begin();
        }
        health::health(tiers)
    }

    /// Closes the cache, as [`close_within`](Self::close_within) with a limit of five seconds.
    ///
    /// # Errors
    ///
    /// [`CacheError::Owed`] if invalidations were left that Redis has not acknowledged.
    pub async fn close(&self) -> Result<(), CacheError> {
        self.close_within(Duration::from_secs(5)).await
    }

    /// Ends refreshes in the background, waits up to `limit` for owed invalidations, then gives back
    /// the leases of loads under way, whose values are returned and not stored, and closes the
    /// connections to Redis. From the call on, annotated functions that use this cache run without it.
    ///
    /// # Errors
    ///
    /// [`CacheError::Owed`] if invalidations were left that Redis has not acknowledged: it says of
    /// what. Other processes serve those entries up to their ttl.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped half-way, the cache is off and its connections are not closed.
    pub async fn close_within(&self, limit: Duration) -> Result<(), CacheError> {
        let tiers = self.tiers();
        tiers.turn_off();
        crate::invalidate::retry(tiers);
        // Past the limit refreshes are ended all the same, whenever they next wait for something.
        let settled = async {
            tiers.refreshes.end().await;
            tiers.audits.end().await;
            tiers.owed.settled().await;
        };
        let _ = crate::own_thread::timeout(limit, settled).await;
        let Some(redis) = &tiers.redis else {
            return Ok(());
        };
        tiers.leases.release(redis).await;
        boxed(|| fleet::take_back(tiers, redis)).await;
        redis.close().await;
        match tiers.owed.len() {
            0 => Ok(()),
            left => Err(CacheError::Owed {
                left,
                of: tiers.owed.names(),
            }),
        }
    }

    pub(crate) fn tiers(&self) -> &Arc<Tiers> {
        &self.0
    }

    /// The cache that these tiers are of.
    pub(crate) fn of(tiers: &Arc<Tiers>) -> Self {
        Self(Arc::clone(tiers))
    }
}

/// What the body of a call is polled in: where it lends what it rests on, what its body calls does not.
pub(crate) fn apart(request: &Request) -> Option<fn(&mut dyn FnMut())> {
    match request.lending.is_some() {
        true => Some(unobserved),
        false => None,
    }
}

/// The read of an entry that no annotation says more of.
fn read(request: Request, body: Remote) -> Pin<Box<impl Future<Output = Returned>>> {
    let request = Box::new(request);
    boxed(|| async move {
        let returned = match deferral() {
            Some(_) => load::unkept(&request, &body, !is_deferred(&request)).await,
            None => load::load(&request, &body).await,
        };
        if let Ok(held) = &returned {
            request.ended(held);
        }
        returned
    })
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("health", &health::health(self.tiers()))
            .finish_non_exhaustive()
    }
}
