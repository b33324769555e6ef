//! Settings by name, checked at `build()`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Cache;
use super::durability::Durability;
use crate::clock::{Clock, STEP_MS};
use crate::error::{CacheError, Result, check_name};
use crate::events::Events;
use crate::memory::Memory;
use crate::own_thread::Home;
use crate::policy::is_share;
use crate::redis::{LinkEvent, Topology};
use crate::site::Names;
use crate::stamp::{Cells, Outage};
use crate::tiers::{Limits, Parts, Tiers, flips};

/// The settings of a cache. Each has a default; [`build`](Self::build) names a wrong one.
///
/// ```
/// use cache_runtime::Cache;
/// use std::time::Duration;
///
/// let cache = Cache::builder()
///     .url("memory:")
///     .prefix("shop")
///     .memory_bytes(256 << 20)
///     .op_timeout(Duration::from_millis(50))
///     .build()?;
/// # Ok::<_, cache_runtime::CacheError>(())
/// ```
#[derive(Clone)]
pub struct CacheBuilder {
    pub(super) url: String,
    pub(super) prefix: String,
    pub(super) memory_bytes: u64,
    pub(super) max_value: usize,
    pub(super) op_timeout: Duration,
    pub(super) allowance: Option<Duration>,
    pub(super) lag: Duration,
    pub(super) breaker: u32,
    pub(super) connections: usize,
    pub(super) lease: Duration,
    pub(super) jitter: f64,
    pub(super) max_refreshes: usize,
    pub(super) durability: Durability,
    pub(super) ca_file: Option<PathBuf>,
    /// The certificate and its key.
    pub(super) client_certificate: Option<(PathBuf, PathBuf)>,
    /// Where the connections to Redis are driven, if not by the cache's own thread.
    pub(super) runtime: Option<Handle>,
    pub(super) enabled: bool,
    pub(super) verify: Option<bool>,
    clock: Clock,
    #[cfg(feature = "__planted")]
    pub(super) skip_cells: bool,
    /// Settings that environment variables made, and their names.
    pub(super) variables: Vec<(&'static str, &'static str)>,
}

impl Default for CacheBuilder {
    fn default() -> Self {
        Self {
            url: MEMORY.to_owned(),
            prefix: "cache".to_owned(),
            memory_bytes: 64 << 20,
            max_value: 8 << 20,
            op_timeout: Duration::from_millis(100),
            allowance: None,
            lag: Duration::from_secs(2),
            breaker: 3,
            connections: 1,
            lease: Duration::from_secs(5),
            jitter: 0.1,
            max_refreshes: 64,
            durability: Durability::Master,
            ca_file: None,
            client_certificate: None,
            runtime: None,
            enabled: true,
            verify: None,
            clock: Clock::default(),
            #[cfg(feature = "__planted")]
            skip_cells: false,
            variables: Vec::new(),
        }
    }
}

/// The URL of a cache that needs no server.
const MEMORY: &str = "memory:";

/// The bounds of settings that are times. Within them no sum of settings overflows, and Redis takes
/// each as the life of a key.
const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A setting, whether it holds, and what is wrong where it does not.
type Rule = (&'static str, bool, &'static str);

/// The longest string that Redis keeps, in bytes.
const LARGEST: usize = 512 << 20;

impl CacheBuilder {
    /// What every name in Redis begins with. Defaults to `cache`. Programs that share a prefix share
    /// entries.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How much the memory tier may take of this process, in bytes. Defaults to 64 MiB; 0 is for no
    /// memory tier.
    ///
    /// Keys, tags and the tier's own tables are counted: a small value takes about 450 bytes. What a
    /// value owns on the heap is taken to be as long as its encoding.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// The largest value stored, in encoded bytes, at most 512 MiB. Defaults to 8 MiB. A larger value
    /// is returned and counted as `too_large`.
    #[must_use]
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    /// How long one command to Redis may take at most, from 1 ms to 1 h. Defaults to 100 ms. Time in
    /// which this process did not run does not count; and each of more than 16 calls that asked before
    /// it on its connection adds 2 ms, at most 2 s in all, as a burst of a process's own is no slow
    /// server. A server that does not answer at all costs a burst twice this time.
    #[must_use]
    pub fn op_timeout(mut self, timeout: Duration) -> Self {
        self.op_timeout = timeout;
        self
    }

    /// How long memory may be behind an invalidation of another process at most, from 1 ms to 1 day.
    /// Defaults to 2 s.
    #[must_use]
    pub fn lag(mut self, lag: Duration) -> Self {
        self.lag = lag;
        self
    }

    /// How long a lease outlives a process that died in a load, from 100 ms to 1 day. Defaults to 5 s.
    /// A function's `wait` limits it too: to half of the `wait`, or to 1 s where that is longer. A
    /// living process renews its lease until its load has taken `load_timeout`, or ten times `wait`
    /// where there is none.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// When an invalidation is acknowledged. Defaults to [`Durability::Master`]: once the master has
    /// carried it out.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Whether to cache at all. Defaults to `true`; `false` makes every call run its body, while
    /// invalidations are still carried out.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Whether to look at values that are stored, and tell of types that lose something: the first 16
    /// values of each function, of at most 256 KiB, are read back and compared with what was stored. A
    /// difference is an event, once for each function, that names the type and no value.
    ///
    /// Defaults to `true` in a debug build (with debug assertions) and to `false` in a release build.
    /// Without a server nothing is written that could be lost, so it defaults to `false` there.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = Some(verify);
        self
    }

    /// The clock that expires entries in memory; for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the cache. Redis is connected to in the background, at the first use, by
    /// [`health`](Cache::health) or by [`connect`](Cache::connect).
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`] or [`CacheError::Name`], naming the first wrong setting; one is a URL of a
    /// Redis where the feature `redis` is off.
    pub fn build(self) -> Result<Cache, CacheError> {
        self.check()?;
        if self.url == MEMORY {
            return Ok(self.build_memory());
        }
        let events = Arc::new(Events::default());
        let settings = self.link_settings()?;
        let outage = Arc::<Outage>::default();
        let (told, over) = (Arc::clone(&events), Arc::clone(&outage));
        let tell = move |node: &str, event| match event {
            LinkEvent::Up => {
                over.end();
                told.connected(node);
            }
            LinkEvent::Down(fault) => told.disconnected(node, fault.as_str(), fault.advice()),
            LinkEvent::Denied(fault) => told.denied(node, fault.as_str()),
        };
        let cells = Arc::<Cells>::default();
        let hear = flips(Arc::clone(&cells), Names::new(&self.prefix));
        let redis = Topology::new(settings, tell, hear);
        Ok(self.assemble(events, cells, Some((redis, outage))))
    }

    /// The cache of these settings without a server; they are not checked.
    pub(super) fn build_memory(self) -> Cache {
        self.assemble(Arc::default(), Arc::default(), None)
    }

    fn assemble(
        self,
        events: Arc<Events>,
        cells: Arc<Cells>,
        redis: Option<(Topology, Arc<Outage>)>,
    ) -> Cache {
        let (redis, outage) = redis.unzip();
        let limits = Limits {
            max_value: self.max_value,
            lag_ms: millis(self.trusted()),
            allowance_ms: millis(self.allowed()),
            lease_ms: millis(self.lease),
            jitter: self.jitter,
            max_refreshes: self.max_refreshes,
            verify: self
                .verify
                .unwrap_or(cfg!(debug_assertions) && redis.is_some()),
        };
        let memory =
            (self.memory_bytes > 0).then(|| Memory::new(self.memory_bytes, self.max_value));
        #[cfg(feature = "__planted")]
        let memory = memory.map(|memory| memory.skipping_cells(self.skip_cells));
        Cache(Arc::new(Tiers::new(Parts {
            memory,
            redis,
            cells,
            outage: outage.unwrap_or_default(),
            events,
            clock: self.clock,
            names: Names::new(&self.prefix),
            limits,
            enabled: self.enabled,
        })))
    }

    /// `lag`, less what the clock may be behind: how long memory serves at most.
    pub(super) fn trusted(&self) -> Duration {
        let step = Duration::from_millis(STEP_MS).min(self.lag / 2);
        self.lag.saturating_sub(step)
    }

    /// What the person who made a setting calls it.
    pub(super) fn called(&self, setting: &'static str) -> &'static str {
        let made = self
            .variables
            .iter()
            .rev()
            .find(|(name, _)| *name == setting);
        made.map_or(setting, |(_, variable)| variable)
    }

    fn check(&self) -> Result<()> {
        check_name("prefix", &self.prefix)?;
        let rules = self.ranges().into_iter().chain(self.combinations());
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((setting, _, reason)) => Err(CacheError::Setting {
                setting: self.called(setting),
                reason: reason.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Whether each setting is within its range.
    fn ranges(&self) -> [Rule; 11] {
        [
            (
                "op_timeout",
                (MILLISECOND..=HOUR).contains(&self.op_timeout),
                "must be from 1 ms to 1 h",
            ),
            (
                "allowance",
                (MILLISECOND..=DAY).contains(&self.allowed()),
                "must be from 1 ms to 1 day",
            ),
            (
                "lag",
                (MILLISECOND..=DAY).contains(&self.lag),
                "must be from 1 ms to 1 day",
            ),
            (
                "lease",
                (MILLISECOND * 100..=DAY).contains(&self.lease),
                "must be from 100 ms to 1 day",
            ),
            (
                "runtime",
                self.runtime.as_ref().is_none_or(Home::may_be),
                "stands still between two calls: give a multi-threaded one, or none",
            ),
            ("breaker", self.breaker > 0, "must be at least 1"),
            (
                "connections",
                (1..=64).contains(&self.connections),
                "must be from 1 to 64",
            ),
            ("jitter", is_share(self.jitter), "must be from 0.0 to 1.0"),
            ("max_refreshes", self.max_refreshes > 0, "must be over zero"),
            (
                "max_value",
                (1..=LARGEST).contains(&self.max_value),
                "must be from 1 byte to 512 MiB, the most that Redis keeps under a key",
            ),
            (
                "durability",
                self.durability != Durability::Replicas(0),
                "is `Replicas(0)`, which waits for nobody: use `Master`",
            ),
        ]
    }

    /// Whether settings go with each other.
    fn combinations(&self) -> [Rule; 2] {
        let durable = self.durability != Durability::Master;
        [
            (
                "durability",
                !durable || self.url != MEMORY,
                "asks for replicas and the url is `memory:`",
            ),
            (
                "memory_bytes",
                self.memory_bytes > 0 || self.url != MEMORY,
                "is zero and the url is `memory:`, so nothing could be kept: use `enabled(false)`",
            ),
        ]
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
