//! How a connection to Redis is, and its figures.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::HistogramSnapshot;
use super::sums::Sum;

/// How the connection to Redis is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RedisHealth {
    /// No connection was asked for yet, or the first attempt is under way.
    #[default]
    Connecting,
    /// Connected.
    Up,
    /// Away: calls run their bodies, and a task in the background tries to connect.
    Down {
        /// For how long.
        since: Duration,
        /// Why, as a word from a closed list.
        cause: String,
    },
}

impl RedisHealth {
    /// How bad it is, to tell the worst of several: away, else up, else not asked for yet.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Connecting => 0,
            Self::Up => 1,
            Self::Down { .. } => 2,
        }
    }
}

/// Whether calls go to a node of Redis, or past it to the origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BreakerState {
    /// Calls go to it.
    #[default]
    Closed,
    /// None do, and the probe is under way.
    HalfOpen,
    /// None do, until a probe in the background finds that it answers again.
    Open,
}

/// The figures of a node of Redis, as this process has seen it since the cache was built. Of several connections to one
/// node, and of several processes, counts add up, and of all else it is the worst.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NodeStats {
    /// Its address, or the name that sentinels know it by; no user and no password.
    pub node: String,
    /// How the connection is; of several the worst: one that is away, else one that is up.
    pub state: RedisHealth,
    /// Whether its breaker lets calls through; of several the worst: open, else half open.
    pub breaker: BreakerState,
    /// Whether the node tells of changes, so that memory serves up to the ttl; of several whether each does.
    pub tracking: bool,
    /// How long heartbeats took, which are sent about four times in `lag`; of several all of them.
    pub round_trip: HistogramSnapshot,
    /// Keys that the node told of as changed, those that this process changed itself as well; of several the sum.
    pub pushes: u64,
    /// How long ago the last heartbeat was sent that was answered; `None` if there was none. Of several the longest.
    pub heartbeat_age: Option<Duration>,
    /// How far memory may be behind an invalidation in another process at this moment, at most; of several the longest.
    ///
    /// Where the node tells of changes this is the age of the last heartbeat, as all that changed before was told by
    /// then; where it does not, or is away, it is `lag`. What `on_outage = "serve"` serves in an outage is not bounded by
    /// it.
    pub staleness_bound: Duration,
    /// Connections made after the first; of several the sum.
    pub reconnections: u64,
}

impl Sum for NodeStats {
    fn add(&mut self, other: &Self) {
        let worst = match (&self.state, &other.state) {
            (RedisHealth::Down { since, .. }, RedisHealth::Down { since: longer, .. }) => {
                longer > since
            }
            (one, other) => other.rank() > one.rank(),
        };
        if worst {
            self.state.clone_from(&other.state);
        }
        self.breaker = self.breaker.max(other.breaker);
        self.tracking &= other.tracking;
        self.round_trip.add(&other.round_trip);
        self.pushes.add(&other.pushes);
        self.heartbeat_age = self.heartbeat_age.max(other.heartbeat_age);
        self.staleness_bound = self.staleness_bound.max(other.staleness_bound);
        self.reconnections.add(&other.reconnections);
    }
}
