//! Which faults there are, and where.

use std::io;
use std::time::Duration;

use super::super::topology::Kind;
use super::stage::Stage;
use super::{masters, network, processes, sentinels, server, slots};

/// Something that goes wrong; one of a server strikes any master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::history) enum Fault {
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
    Failover,
    MasterKill,
    MasterPause,
    SentinelKill,
    SlotMove,
    Reshard,
    SlotForce,
}

impl Fault {
    const ALL: [Self; 22] = [
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
        Self::Failover,
        Self::MasterKill,
        Self::MasterPause,
        Self::SentinelKill,
        Self::SlotMove,
        Self::Reshard,
        Self::SlotForce,
    ];

    /// Those that there are in a topology.
    pub(in crate::history) fn all(topology: Kind) -> Vec<Self> {
        let faults = Self::ALL.into_iter();
        faults.filter(|fault| fault.is_of(topology)).collect()
    }

    pub(in crate::history) fn as_str(self) -> &'static str {
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
            Self::Failover => "failover",
            Self::MasterKill => "master-kill",
            Self::MasterPause => "master-pause",
            Self::SentinelKill => "sentinel-kill",
            Self::SlotMove => "slot-move",
            Self::Reshard => "reshard",
            Self::SlotForce => "slot-force",
        }
    }

    pub(in crate::history) fn parse(word: &str, topology: Kind) -> Result<Self, String> {
        let known = Self::all(topology);
        let found = known.iter().find(|fault| fault.as_str() == word);
        found.copied().ok_or_else(|| {
            let known: Vec<_> = known.iter().map(|fault| fault.as_str()).collect();
            let (topology, known) = (topology.as_str(), known.join(", "));
            format!("`{word}` is no fault of `{topology}`; there are {known}")
        })
    }

    fn is_of(self, topology: Kind) -> bool {
        match self {
            // Where there are replicas a master is replaced instead.
            Self::RedisOutage | Self::RedisStopLong => topology == Kind::Single,
            Self::Cut | Self::HalfOpen | Self::Silent => topology != Kind::Sentinel,
            Self::Failover | Self::MasterKill | Self::MasterPause => topology != Kind::Single,
            Self::SentinelKill => topology == Kind::Sentinel,
            Self::SlotMove | Self::Reshard | Self::SlotForce => topology == Kind::Cluster,
            _ => true,
        }
    }

    /// Strikes once.
    pub(super) async fn happen(self, stage: &mut Stage) -> io::Result<()> {
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
            Self::Failover => masters::fail_over(stage).await,
            Self::MasterKill => masters::kill(stage).await,
            Self::MasterPause => masters::pause(stage).await,
            Self::SentinelKill => sentinels::kill(stage).await,
            Self::SlotMove => slots::move_some(stage).await,
            Self::Reshard => slots::reshard(stage).await,
            Self::SlotForce => slots::force(stage).await,
        }
    }
}
