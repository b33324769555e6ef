//! How the tiers are right now.

use std::time::Duration;

use crate::redis::LinkState;
use crate::tiers::Tiers;

/// How the tiers of a cache are at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The connection to Redis; `None` for a cache without it.
    pub redis: Option<RedisHealth>,
    /// Entries in this process's memory, counting those that expired and were not yet dropped.
    pub memory_entries: usize,
    /// What they take, in bytes.
    pub memory_bytes: u64,
    /// Invalidations that Redis has not acknowledged; while there are any, this process serves
    /// nothing they cover.
    pub owed_invalidations: usize,
    /// What they are of, the first 16: `tag user:42`, `namespace user`, `entry app:e:user:{..}`.
    pub owed: Vec<String>,
    /// Whether Redis tells this process of changes, so that memory serves up to the ttl; without
    /// that (RESP2, or a user that may not use `CLIENT TRACKING`) it serves for `lag`.
    pub tracking: bool,
    /// What the user at Redis may not do and should: `no_permission: mget` for a command,
    /// `no_permission` for the keys under the prefix.
    pub denied: Vec<String>,
    /// Loads under way in this process.
    pub loads_under_way: usize,
}

/// How the connection to Redis is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisHealth {
    /// Not yet asked for, or the first attempt is under way.
    Connecting,
    /// Connected.
    Up,
    /// Away: calls run their body, and it is tried again in the background.
    Down {
        /// For how long.
        since: Duration,
        /// Why, as a word from a closed list.
        cause: String,
    },
}

pub(super) fn health(tiers: &Tiers) -> Health {
    let memory = tiers.memory.as_ref();
    Health {
        redis: tiers.link.as_ref().map(|link| match link.state() {
            LinkState::Connecting => RedisHealth::Connecting,
            LinkState::Up => RedisHealth::Up,
            LinkState::Down { since, cause } => RedisHealth::Down {
                since,
                cause: cause.as_str().to_owned(),
            },
        }),
        memory_entries: memory.map_or(0, crate::memory::Memory::len),
        memory_bytes: memory.map_or(0, crate::memory::Memory::weight),
        owed_invalidations: tiers.owed.len(),
        owed: tiers.owed.names(),
        tracking: tiers.link.as_ref().is_some_and(|link| {
            let vouch = link.vouch();
            vouch.is_some_and(|vouch| vouch.holds(tiers.clock.now()))
        }),
        denied: tiers.link.as_ref().map_or_else(Vec::new, |link| {
            let denied = link.denied();
            denied
                .iter()
                .map(|fault| fault.as_str().to_owned())
                .collect()
        }),
        loads_under_way: tiers.flights.len(),
    }
}
