//! The settings of a cache: what each is when nobody sets it, and what follows from them.

mod checks;
mod durability;
mod told;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::clock::STEP_MS;
use crate::frame::EncryptionKeys;
use crate::tiers::Limits;

pub use durability::Durability;

/// How many intervals long what a process publishes holds: two may be missed.
const PUBLISHED: u64 = 3;

/// The URL of a cache that needs no server.
const MEMORY: &str = "memory:";

/// Each is documented where it is set, in [`CacheBuilder`](super::CacheBuilder).
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) url: Url,
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
    pub(super) fleet: bool,
    pub(super) fleet_interval: Duration,
    pub(super) durability: Durability,
    pub(super) ca_file: Option<PathBuf>,
    /// The certificate and its key.
    pub(super) client_certificate: Option<(PathBuf, PathBuf)>,
    /// Where the connections to Redis are driven, if not by the cache's own thread.
    pub(super) runtime: Option<Handle>,
    pub(super) enabled: bool,
    pub(super) verify: Option<bool>,
    pub(super) config: Option<PathBuf>,
    pub(super) encryption: Option<EncryptionKeys>,
    #[cfg(feature = "__planted")]
    pub(super) skip_cells: bool,
    /// Settings that environment variables made, and their names.
    pub(super) variables: Vec<(&'static str, &'static str)>,
    /// What all were when the variables had been read: another value is the program's own.
    pub(super) as_read: Vec<told::Shown>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: Url(MEMORY.to_owned()),
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
            fleet: true,
            fleet_interval: Duration::from_secs(5),
            durability: Durability::Master,
            ca_file: None,
            client_certificate: None,
            runtime: None,
            enabled: true,
            verify: None,
            config: None,
            encryption: None,
            #[cfg(feature = "__planted")]
            skip_cells: false,
            variables: Vec::new(),
            as_read: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether there is no server.
    pub(super) fn is_without_server(&self) -> bool {
        self.url.0 == MEMORY
    }

    /// `lag`, less what the clock may be behind: how long memory serves at most.
    pub(super) fn trusted(&self) -> Duration {
        let step = Duration::from_millis(STEP_MS).min(self.lag / 2);
        self.lag.saturating_sub(step)
    }

    fn allowed(&self) -> Duration {
        self.allowance.unwrap_or(self.op_timeout.saturating_mul(2))
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

    /// As calls take them, with a server or without.
    pub(super) fn limits(&self, has_server: bool) -> Limits {
        let publish_ms = match self.fleet && has_server {
            true => millis(self.fleet_interval),
            false => 0,
        };
        Limits {
            publish_ms,
            published_ms: publish_ms.saturating_mul(PUBLISHED),
            max_value: self.max_value,
            lag_ms: millis(self.trusted()),
            allowance_ms: millis(self.allowed()),
            lease_ms: millis(self.lease),
            jitter: self.jitter,
            max_refreshes: self.max_refreshes,
            verify: self.verify.unwrap_or(cfg!(debug_assertions) && has_server),
        }
    }
}

/// A URL, which may hold a password.
#[derive(Clone)]
pub(super) struct Url(pub(super) String);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
