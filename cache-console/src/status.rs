//! How a cache is, in one word with its reasons, and each part of it.

use cache_runtime::{BreakerState, Cache, Health, NodeHealth, RedisHealth};
use serde::Serialize;

use crate::finding::{Finding, of_tiers};
use crate::shown::{Bytes, Count, Name, Time};

/// How a cache is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Overall {
    /// Every tier serves.
    Healthy,
    /// Some part does not serve as it should.
    Degraded,
    /// All of Redis is away: functions run as if there were no cache but memory.
    Down,
}

impl Overall {
    fn of(health: &Health, reasons: &[Finding]) -> Self {
        let is_down = |node: &NodeHealth| matches!(node.state, RedisHealth::Down { .. });
        match reasons {
            [] => Self::Healthy,
            _ if !health.nodes.is_empty() && health.nodes.iter().all(is_down) => Self::Down,
            _ => Self::Degraded,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Healthy => "good",
            Self::Degraded => "warning",
            Self::Down => "bad",
        }
    }
}

/// How a connection to Redis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// There is no Redis in the settings.
    None,
    /// It was not reached yet.
    Connecting,
    /// It answers.
    Up,
    /// It does not.
    Away,
}

impl State {
    pub(crate) fn of(health: Option<&RedisHealth>) -> Self {
        match health {
            None => Self::None,
            Some(RedisHealth::Up) => Self::Up,
            Some(RedisHealth::Down { .. }) => Self::Away,
            Some(_) => Self::Connecting,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Away => "away",
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::None => "notice",
            Self::Connecting => "warning",
            Self::Up => "good",
            Self::Away => "bad",
        }
    }
}

/// Whether calls go to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Breaker {
    /// They do.
    Closed,
    /// They do not, and a probe is under way.
    HalfOpen,
    /// They do not.
    Open,
}

impl From<BreakerState> for Breaker {
    fn from(state: BreakerState) -> Self {
        match state {
            BreakerState::Closed => Self::Closed,
            BreakerState::HalfOpen => Self::HalfOpen,
            _ => Self::Open,
        }
    }
}

impl Breaker {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed: calls go there",
            Self::HalfOpen => "half open: a probe is under way",
            Self::Open => "open: no call goes there",
        }
    }
}

/// One connection.
#[derive(Debug, Serialize)]
pub(crate) struct Connection {
    pub(crate) node: Name,
    pub(crate) state: State,
    /// How long it has been away.
    pub(crate) away_for: Option<Time>,
    pub(crate) cause: Option<Name>,
    pub(crate) breaker: Breaker,
    pub(crate) tracking: bool,
}

/// What this process's memory has.
#[derive(Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) entries: Count,
    pub(crate) bytes: Bytes,
    pub(crate) most_bytes: Bytes,
}

/// Invalidations that Redis has not acknowledged.
#[derive(Debug, Serialize)]
pub(crate) struct Owed {
    pub(crate) count: Count,
    /// What the first of them are of.
    pub(crate) of: Vec<Name>,
}

/// How a cache is, and each part of it.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    pub(crate) status: Overall,
    pub(crate) reasons: Vec<Finding>,
    pub(crate) redis: State,
    pub(crate) nodes: Vec<Connection>,
    pub(crate) memory: Memory,
    pub(crate) owed_invalidations: Owed,
    /// What the user at Redis lacks the right to.
    pub(crate) denied: Vec<Name>,
    pub(crate) loads_under_way: Count,
}

impl Status {
    /// Asks a cache, which waits for nothing.
    pub(crate) fn of(cache: &Cache) -> Self {
        let health = cache.health();
        let reasons = of_tiers(&health);
        Self {
            status: Overall::of(&health, &reasons),
            reasons,
            redis: State::of(health.redis.as_ref()),
            nodes: health.nodes.iter().map(connection).collect(),
            memory: Memory {
                entries: Count(health.memory_entries as u64),
                bytes: Bytes(health.memory_bytes),
                most_bytes: Bytes(cache.stats().memory.most_bytes),
            },
            owed_invalidations: Owed {
                count: Count(health.owed_invalidations as u64),
                of: health.owed.iter().map(|of| of.as_str().into()).collect(),
            },
            denied: health.denied.iter().map(|of| of.as_str().into()).collect(),
            loads_under_way: Count(health.loads_under_way as u64),
        }
    }
}

fn connection(node: &NodeHealth) -> Connection {
    let (away_for, cause) = match &node.state {
        RedisHealth::Down { since, cause } => {
            (Some(Time::from(*since)), Some(cause.as_str().into()))
        }
        _ => (None, None),
    };
    Connection {
        node: node.node.as_str().into(),
        state: State::of(Some(&node.state)),
        away_for,
        cause,
        breaker: node.breaker.into(),
        tracking: node.tracking,
    }
}
