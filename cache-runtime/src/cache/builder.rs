//! The settings by name, checked at `build()`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Cache;
use super::fleet::Publishing;
use super::settings::{Durability, Settings, Url};
use crate::clock::Clock;
use crate::error::{CacheError, Result};
use crate::events::{Events, Runs};
#[cfg(feature = "encrypt")]
use crate::frame::EncryptionKeys;
use crate::memory::Memory;
use crate::overrides::Overrides;
use crate::own_thread::Home;
use crate::redis::{LinkEvent, LinkSettings, Topology};
use crate::site::Names;
use crate::stamp::{Cells, Outage};
use crate::tiers::{Tiers, flips};

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
#[derive(Clone, Debug, Default)]
pub struct CacheBuilder {
    pub(super) settings: Settings,
    clock: Clock,
}

impl CacheBuilder {
    /// Where Redis is. Defaults to `memory:`, for no server. All others need the feature `redis`, which is on
    /// by default.
    ///
    /// | url | |
    /// |---|---|
    /// | `redis://[user:password@]host[:6379][/database]` | one server |
    /// | `redis+unix:///path[?db=1&user=..&pass=..]` | one server, over its Unix socket |
    /// | `redis+sentinel://[user:password@]host[:26379],../name[/database]` | the master that these sentinels know by this name, whichever it is |
    /// | `redis+cluster://[user:password@]host[:6379],..` | a cluster, found through any of these nodes |
    ///
    /// With `rediss` in place of `redis` all connections are TLS (feature `tls`). User and password
    /// are the servers'; the sentinels' own stand behind the name, as
    /// `?sentinel_username=..&sentinel_password=..`. What has a meaning in a URL (`@ : / ? # %`) is
    /// percent-encoded in them, and an IPv6 address stands in brackets.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.settings.url = Url(url.into());
        self
    }

    /// How long one call may wait for Redis at most, over all its commands. Defaults to twice
    /// [`op_timeout`](Self::op_timeout). Past it the call goes on without Redis: it loads if it must,
    /// and returns what it has. Waiting for another caller's load does not count; nor does, up to 2 s
    /// over all its commands, what [`op_timeout`](Self::op_timeout) does not count for a command.
    #[must_use]
    pub fn allowance(mut self, allowance: Duration) -> Self {
        self.settings.allowance = Some(allowance);
        self
    }

    /// How many timeouts in a row open a node's breaker. Defaults to 3. It also opens while over a
    /// third of the commands time out, and at once when the connection breaks. While it is open no call
    /// is sent to the node or waits for it: calls go to the origin at no cost, and memory serves what
    /// it may. A task in the background finds out when the node answers within
    /// [`op_timeout`](Self::op_timeout) again, and closes it.
    #[must_use]
    pub fn breaker(mut self, timeouts: u32) -> Self {
        self.settings.breaker = timeouts;
        self
    }

    /// Whether this process publishes its statistics, for [`Cache::fleet_stats`] of all that share its Redis and its
    /// prefix. Defaults to `true`: it takes one command every [`fleet_interval`](Self::fleet_interval), of about 1 KB and
    /// some 100 bytes for each function, on the cache's own thread.
    #[must_use]
    pub fn fleet(mut self, publishes: bool) -> Self {
        self.settings.fleet = publishes;
        self
    }

    /// How often this process publishes its statistics, from 100 ms to 1 h. Defaults to 5 s. What was published holds
    /// for three times as long, so that a process which was killed is told of for that long at most.
    #[must_use]
    pub fn fleet_interval(mut self, interval: Duration) -> Self {
        self.settings.fleet_interval = interval;
        self
    }

    /// How many connections each node gets, from 1 to 64. Defaults to 1, which is best where Redis is near, as
    /// reads that are asked for at the same time are joined. Over a network whose window is small for its
    /// delay more may give more hits of large values a second: measure with your own.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.settings.connections = connections;
        self
    }

    /// A runtime of the program's that drives the connections to Redis. Defaults to none: a thread of the
    /// cache's own does, which works whatever runtimes come and go, at the price of two wake-ups across
    /// threads for a call that waits for Redis alone. It is for programs with few such calls at a time,
    /// which get their hits in Redis up to a third sooner; with 64 at a time there were from a sixth fewer
    /// to a seventh more a second on two cores.
    ///
    /// It must be multi-threaded, as others stand still between two calls, and have I/O enabled, or its
    /// tasks panic and Redis is down. Work that blocks its threads holds up every caller of the cache.
    /// When it ends, the own thread takes over: what it had connected is connected anew.
    #[must_use]
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.settings.runtime = Some(runtime);
        self
    }

    /// A file of settings that replace those of annotations, without a new build. Defaults to none. It needs the
    /// feature `config`, and is TOML, with a table for each namespace and each function:
    ///
    /// ```toml
    /// [namespace.user]
    /// ttl = "24h"          # ms, s, m, h, d, w, or whole seconds
    /// stale = "1h"
    /// compress = "lz4"     # "zstd", "gzip", "none"
    /// jitter = 0.2
    ///
    /// [function."users::by_email"]   # the end of its path; it comes before its namespace
    /// enabled = false
    /// ```
    ///
    /// Each second it is looked at, and read anew when it was changed, or by [`Cache::reload`]; where it is wrong then,
    /// an event says so and all stays as it was. A new ttl holds for what is stored from then on.
    /// [`Entry::settings`](crate::Entry::settings) tells what is in force. A table for a name that nothing uses does
    /// nothing; an event tells of one that is nearly that of a function or namespace in use.
    #[must_use]
    pub fn config(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.config = Some(path.into());
        self
    }

    /// What the values of functions that say `encrypt` are encrypted with in Redis. Defaults to none, with which such
    /// values do not go to Redis. It needs the feature `encrypt`.
    #[cfg(feature = "encrypt")]
    #[must_use]
    pub fn encryption(mut self, keys: EncryptionKeys) -> Self {
        self.settings.encryption = Some(keys);
        self
    }

    /// A file of PEM certificates to trust for TLS. Defaults to the system's.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.ca_file = Some(path.into());
        self
    }

    /// Files of a PEM certificate (its chain behind it) and its private key, to show to servers that
    /// ask for one in TLS. Defaults to none. They are read once, by [`build`](Self::build).
    #[must_use]
    pub fn client_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.settings.client_certificate = Some((certificate.into(), key.into()));
        self
    }

    /// What every name in Redis begins with. Defaults to `cache`. Programs that share a prefix share
    /// entries.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.prefix = prefix.into();
        self
    }

    /// How much the memory tier may take of this process, in bytes. Defaults to 64 MiB; 0 is for no
    /// memory tier.
    ///
    /// Keys, tags and the tier's own tables are counted: a small value takes about 450 bytes. What a
    /// value owns on the heap is taken to be as long as its encoding. Beside it each thread keeps up to 256
    /// values of at most 2 KiB that it hit last, and no more than a quarter of this.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.settings.memory_bytes = bytes;
        self
    }

    /// The largest value stored, in encoded bytes, at most 512 MiB. Defaults to 8 MiB. A larger value
    /// is returned and counted as `too_large`.
    #[must_use]
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.settings.max_value = bytes;
        self
    }

    /// How long one command to Redis may take at most, from 1 ms to 1 h. Defaults to 100 ms. Time in
    /// which this process did not run does not count; and each of more than 16 calls that asked before
    /// it on its connection adds 2 ms, at most 2 s in all, as a burst of a process's own is no slow
    /// server. A server that does not answer at all costs a burst twice this time.
    #[must_use]
    pub fn op_timeout(mut self, timeout: Duration) -> Self {
        self.settings.op_timeout = timeout;
        self
    }

    /// How long memory may be behind an invalidation of another process at most, from 1 ms to 1 day.
    /// Defaults to 2 s.
    #[must_use]
    pub fn lag(mut self, lag: Duration) -> Self {
        self.settings.lag = lag;
        self
    }

    /// How long a lease outlives a process that died in a load, from 100 ms to 1 day. Defaults to 5 s.
    /// A function's `wait` limits it too: to half of the `wait`, or to 1 s where that is longer. A
    /// living process renews its lease until its load has taken `load_timeout`, or ten times `wait`
    /// where there is none.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// When an invalidation is acknowledged. Defaults to [`Durability::Master`]: once the master has
    /// carried it out.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.settings.durability = durability;
        self
    }

    /// Whether to cache at all. Defaults to `true`; `false` makes every call run its body, while
    /// invalidations are still carried out.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.settings.enabled = enabled;
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
        self.settings.verify = Some(verify);
        self
    }

    /// The clock that expires entries in memory; for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The largest share of its ttl by which an entry is stored for less, from 0.0 to 1.0. Defaults to
    /// 0.1, for at most a tenth; 0.0 is for none. The share is drawn anew for each entry, so that
    /// entries that were loaded at the same time do not end at the same time.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.settings.jitter = share;
        self
    }

    /// How many refreshes in the background may run at once. Defaults to 64. Past that the stale value
    /// is served without a refresh, which is counted as `skipped_refreshes`.
    #[must_use]
    pub fn max_refreshes(mut self, most: usize) -> Self {
        self.settings.max_refreshes = most;
        self
    }

    /// Has memory serve without a look at the cells: a planted bug, by which the history checker shows that it
    /// would find one.
    #[doc(hidden)]
    #[must_use]
    #[cfg(feature = "__planted")]
    pub fn __skip_cells(mut self) -> Self {
        self.settings.skip_cells = true;
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
        self.settings.check()?;
        let overrides = self.overrides()?;
        let built_with = self.settings.memory_bytes;
        if self.settings.is_without_server() {
            let cache = self.assemble(Arc::default(), Arc::default(), None, overrides);
            follow_memory(cache.tiers(), built_with);
            return Ok(cache);
        }
        let events = Arc::new(Events::default());
        let settings = self.link_settings()?;
        let publishing = Arc::<Publishing>::default();
        let publishes = Arc::clone(&publishing);
        let outage = Arc::<Outage>::default();
        let (told, over) = (Arc::clone(&events), Arc::clone(&outage));
        let tell = move |node: &str, event| match event {
            LinkEvent::Up => {
                over.end();
                told.connected(node);
                publishes.begin();
            }
            LinkEvent::Down(fault) => told.disconnected(node, fault.as_str(), fault.advice()),
            LinkEvent::Denied(fault) => told.denied(node, fault.as_str()),
        };
        let cells = Arc::<Cells>::default();
        let names = Names::new(&self.settings.prefix);
        let hear = flips(Arc::clone(&cells), names, Arc::clone(&events));
        let redis = Topology::new(settings, tell, hear);
        let cache = self.assemble(events, cells, Some((redis, outage)), overrides);
        follow_memory(cache.tiers(), built_with);
        publishing.of(cache.tiers());
        Ok(cache)
    }

    /// The cache of these settings without a server; they are not checked.
    pub(super) fn build_memory(self) -> Cache {
        self.assemble(Arc::default(), Arc::default(), None, Arc::default())
    }

    /// A cache without a server that counts the runs of bodies.
    pub(super) fn build_for_a_test(self) -> Cache {
        let mut cache = self.build_memory();
        if let Some(tiers) = Arc::get_mut(&mut cache.0) {
            tiers.runs = Some(Runs::default());
        }
        cache
    }

    fn assemble(
        self,
        events: Arc<Events>,
        cells: Arc<Cells>,
        redis: Option<(Topology, Arc<Outage>)>,
        overrides: Arc<Overrides>,
    ) -> Cache {
        let (settings, (redis, outage)) = (&self.settings, redis.unzip());
        let memory = (settings.memory_bytes > 0)
            .then(|| Memory::new(settings.memory_bytes, settings.max_value));
        #[cfg(feature = "__planted")]
        let memory = memory.map(|memory| memory.skipping_cells(settings.skip_cells));
        let limits = settings.limits(redis.is_some());
        let tiers = Tiers {
            memory,
            redis,
            cells,
            outage: outage.unwrap_or_default(),
            events,
            began: self.clock.now(),
            clock: self.clock,
            names: Names::new(&settings.prefix),
            keys: settings.encryption.clone(),
            overrides,
            settings: settings.told(),
            ..Tiers::empty(limits)
        };
        if !settings.enabled {
            tiers.turn_off();
        }
        Cache(Arc::new(tiers))
    }

    fn overrides(&self) -> Result<Arc<Overrides>> {
        let Some(path) = &self.settings.config else {
            return Ok(Arc::default());
        };
        Overrides::of(path).map_err(|reason| CacheError::Setting {
            setting: self.settings.called("config"),
            reason,
        })
    }

    #[cfg(feature = "redis")]
    pub(crate) fn is_without_server(&self) -> bool {
        self.settings.is_without_server()
    }

    /// What the Redis tier is made with; an error names the setting.
    fn link_settings(&self) -> Result<LinkSettings> {
        let wrong = |name| {
            move |reason| CacheError::Setting {
                setting: self.settings.called(name),
                reason,
            }
        };
        let own = self.settings.client_certificate.as_ref();
        let own = own.map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let settings = LinkSettings::parse(&self.settings.url.0)
            .map_err(wrong("url"))?
            .with_ca_file(self.settings.ca_file.as_deref())
            .map_err(wrong("ca_file"))?
            .with_client_certificate(own)
            .map_err(wrong("client_certificate"))?;
        let replicas = match self.settings.durability {
            Durability::Master => None,
            Durability::Replicas(count) => Some(count),
        };
        let marker = Names::new(&self.settings.prefix).marker();
        Ok(settings
            .with_times(self.settings.op_timeout, self.settings.trusted())
            .with_breaker(self.settings.breaker)
            .with_connections(self.settings.connections)
            .with_replicas(replicas, &marker)
            .with_probe(marker)
            .with_home(
                self.settings
                    .runtime
                    .clone()
                    .map(Home::on)
                    .unwrap_or_default(),
            ))
    }
}

/// Has memory hold what the settings file says, or what the builder does where that says nothing.
fn follow_memory(tiers: &Arc<Tiers>, built_with: u64) {
    let weak = Arc::downgrade(tiers);
    tiers.overrides.resizes(move |bytes| {
        let Some(tiers) = weak.upgrade() else { return };
        match (&tiers.memory, bytes) {
            (Some(memory), bytes) => {
                let bytes = bytes.unwrap_or(built_with);
                if memory.capacity() != bytes {
                    memory.resize(bytes);
                }
            }
            (None, Some(_)) => tracing::warn!(
                target: "cache",
                "the settings file has `memory`, and the cache keeps nothing in memory: `memory_bytes` is 0"
            ),
            (None, None) => {}
        }
    });
}
