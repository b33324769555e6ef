//! The settings of where Redis is, how long it is waited for, and how a connection is secured.

use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::Handle;

use super::CacheBuilder;
use super::durability::Durability;
use crate::error::{CacheError, Result};
use crate::own_thread::Home;
use crate::redis::LinkSettings;
use crate::site::Names;

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
        self.url = url.into();
        self
    }

    /// How long one call may wait for Redis at most, over all its commands. Defaults to twice
    /// [`op_timeout`](Self::op_timeout). Past it the call goes on without Redis: it loads if it must,
    /// and returns what it has. Waiting for another caller's load does not count; nor does, up to 2 s
    /// over all its commands, what [`op_timeout`](Self::op_timeout) does not count for a command.
    #[must_use]
    pub fn allowance(mut self, allowance: Duration) -> Self {
        self.allowance = Some(allowance);
        self
    }

    pub(super) fn allowed(&self) -> Duration {
        self.allowance.unwrap_or(self.op_timeout.saturating_mul(2))
    }

    /// How many timeouts in a row open a node's breaker. Defaults to 3. It also opens while over a
    /// third of the commands time out, and at once when the connection breaks. While it is open no call
    /// is sent to the node or waits for it: calls go to the origin at no cost, and memory serves what
    /// it may. A task in the background finds out when the node answers within
    /// [`op_timeout`](Self::op_timeout) again, and closes it.
    #[must_use]
    pub fn breaker(mut self, timeouts: u32) -> Self {
        self.breaker = timeouts;
        self
    }

    /// How many connections each node gets, from 1 to 64. Defaults to 1, which is best for values of a
    /// few KiB, as reads that are asked for at the same time are joined. With values of 64 KiB and
    /// more, 2 gave a tenth more hits a second on one machine; over a network measure with your own
    /// values.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// A runtime of the program's that drives the connections to Redis. Defaults to none: a thread of the
    /// cache's own does, which works whatever runtimes come and go, at the price of two wake-ups across
    /// threads for a call that waits for Redis alone. It is for programs with few such calls at a time,
    /// which get their hits in Redis a quarter sooner; with 64 at a time they come a quarter later on
    /// two cores, as fewer of them are joined.
    ///
    /// It must be multi-threaded, as others stand still between two calls, and have I/O enabled, or its
    /// tasks panic and Redis is down. Work that blocks its threads holds up every caller of the cache.
    /// When it ends, the own thread takes over: what it had connected is connected anew.
    #[must_use]
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// A file of PEM certificates to trust for TLS. Defaults to the system's.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
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
        self.client_certificate = Some((certificate.into(), key.into()));
        self
    }

    /// What the Redis tier is made with; an error names the setting.
    pub(super) fn link_settings(&self) -> Result<LinkSettings> {
        let wrong = |name| {
            move |reason| CacheError::Setting {
                setting: self.called(name),
                reason,
            }
        };
        let own = self.client_certificate.as_ref();
        let own = own.map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let settings = LinkSettings::parse(&self.url)
            .map_err(wrong("url"))?
            .with_ca_file(self.ca_file.as_deref())
            .map_err(wrong("ca_file"))?
            .with_client_certificate(own)
            .map_err(wrong("client_certificate"))?;
        let replicas = match self.durability {
            Durability::Master => None,
            Durability::Replicas(count) => Some(count),
        };
        let marker = Names::new(&self.prefix).marker();
        Ok(settings
            .with_times(self.op_timeout, self.trusted())
            .with_breaker(self.breaker)
            .with_connections(self.connections)
            .with_replicas(replicas, &marker)
            .with_probe(marker)
            .with_home(self.runtime.clone().map(Home::on).unwrap_or_default()))
    }
}
