//! What strikes while the processes work; each fault is over when it returns.

mod network;
mod processes;
mod server;

use std::io;
use std::time::Duration;

use rand::rngs::StdRng;

use super::fleet::Fleet;
use crate::{Proxy, Server};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    ClientKill,
    RedisKill,
    RedisOutage,
    OldSnapshot,
    RedisStopShort,
    RedisStopLong,
    Del,
    FlushAll,
    Evict,
    ProcessKill,
    ProcessStopShort,
    ProcessStopLong,
    Cut,
    HalfOpen,
    Silent,
}

/// What faults strike at.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) fleet: Fleet,
    /// Of the members that don't connect directly.
    pub(super) proxies: Vec<Proxy>,
    pub(super) lag: Duration,
    pub(super) random: StdRng,
}

impl Fault {
    pub(super) const ALL: [Self; 15] = [
        Self::ClientKill,
        Self::RedisKill,
        Self::RedisOutage,
        Self::OldSnapshot,
        Self::RedisStopShort,
        Self::RedisStopLong,
        Self::Del,
        Self::FlushAll,
        Self::Evict,
        Self::ProcessKill,
        Self::ProcessStopShort,
        Self::ProcessStopLong,
        Self::Cut,
        Self::HalfOpen,
        Self::Silent,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ClientKill => "client-kill",
            Self::RedisKill => "redis-kill",
            Self::RedisOutage => "redis-outage",
            Self::OldSnapshot => "old-snapshot",
            Self::RedisStopShort => "redis-stop-short",
            Self::RedisStopLong => "redis-stop-long",
            Self::Del => "del",
            Self::FlushAll => "flushall",
            Self::Evict => "evict",
            Self::ProcessKill => "process-kill",
            Self::ProcessStopShort => "process-stop-short",
            Self::ProcessStopLong => "process-stop-long",
            Self::Cut => "cut",
            Self::HalfOpen => "half-open",
            Self::Silent => "silent",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL
            .into_iter()
            .find(|fault| fault.as_str() == word)
            .ok_or_else(|| format!("`{word}` is no fault; there are {}", known()))
    }

    /// Strikes once.
    pub(super) async fn strike(self, stage: &mut Stage) -> io::Result<()> {
        let (short, long) = (stage.lag / 2, stage.lag * 2);
        match self {
            Self::ClientKill => server::kill_clients(stage).await,
            Self::RedisKill => server::kill(stage, Duration::ZERO).await,
            Self::RedisOutage => server::kill(stage, long).await,
            Self::OldSnapshot => server::restart_from_old_snapshot(stage).await,
            Self::RedisStopShort => server::stop(stage, short).await,
            Self::RedisStopLong => server::stop(stage, long).await,
            Self::Del => server::delete_some(stage).await,
            Self::FlushAll => server::flush(stage).await,
            Self::Evict => server::evict(stage).await,
            Self::ProcessKill => processes::kill(stage).await,
            Self::ProcessStopShort => processes::stop(stage, short).await,
            Self::ProcessStopLong => processes::stop(stage, long).await,
            Self::Cut => network::cut(stage).await,
            Self::HalfOpen => network::half_open(stage).await,
            Self::Silent => network::silent(stage).await,
        }
    }
}
