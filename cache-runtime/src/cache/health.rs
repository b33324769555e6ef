//! How the tiers of a cache are at this moment.

use super::stats::state;
use crate::clock::Moment;
use crate::events::{BreakerState, RedisHealth};
use crate::redis::{LinkReport, Topology};
use crate::tiers::Tiers;

/// How the tiers of a cache are at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The connection to Redis, and of several the worst; `None` for a cache without Redis.
    pub redis: Option<RedisHealth>,
    /// Every connection to Redis: several where there are several nodes, or
    /// [`connections`](crate::CacheBuilder::connections) asks for more than one.
    pub nodes: Vec<NodeHealth>,
    /// Entries in this process's memory, counting those that expired and were not yet dropped.
    pub memory_entries: usize,
    /// What the entries in memory take of the process, in bytes, with their keys, tags and tables.
    pub memory_bytes: u64,
    /// Invalidations that Redis has not acknowledged; while there are any, this process serves nothing
    /// they cover. Each target counts once; where over 16,384 are owed, all count as one.
    pub owed_invalidations: usize,
    /// What the first 16 owed invalidations are of: `tag user:42`, `namespace user` or
    /// `entry app:e:user:{..}`; `everything` where over 16,384 are owed.
    pub owed: Vec<String>,
    /// Whether Redis tells this process of changes, so that memory serves up to the ttl. Where it does
    /// not (RESP2, or a user that may not use `CLIENT TRACKING`), memory serves for `lag`.
    pub tracking: bool,
    /// What the user at Redis lacks the right to: `no_permission: mget` for a command, `no_permission`
    /// for the keys under the prefix.
    pub denied: Vec<String>,
    /// Loads under way in this process.
    pub loads_under_way: usize,
}

/// One connection to a node of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeHealth {
    /// Its address, or the name that sentinels know it by.
    pub node: String,
    /// How the connection is.
    pub state: RedisHealth,
    /// Whether its breaker lets calls through to it.
    pub breaker: BreakerState,
    /// Whether the node tells this process of changes.
    pub tracking: bool,
}

pub(super) fn health(tiers: &Tiers) -> Health {
    let memory = tiers.memory.as_ref();
    let now = tiers.clock.now();
    let reports = tiers.redis.as_ref().map(Topology::report);
    let nodes = reports.unwrap_or_default();
    let denied = denied(&nodes);
    let nodes: Vec<_> = nodes.into_iter().map(|report| node(report, now)).collect();
    Health {
        redis: tiers.redis.as_ref().map(|_| worst(&nodes)),
        memory_entries: memory.map_or(0, crate::memory::Memory::len),
        memory_bytes: memory.map_or(0, crate::memory::Memory::weight),
        owed_invalidations: tiers.owed.len(),
        owed: tiers.owed.names(),
        tracking: !nodes.is_empty() && nodes.iter().all(|node| node.tracking),
        denied,
        loads_under_way: tiers.flights.len(),
        nodes,
    }
}

/// What the users lack at any node, once each.
fn denied(reports: &[LinkReport]) -> Vec<String> {
    let all = reports.iter().flat_map(|report| &report.denied);
    let mut denied: Vec<_> = all.map(|fault| fault.as_str().to_owned()).collect();
    denied.sort_unstable();
    denied.dedup();
    denied
}

fn node(report: LinkReport, now: Moment) -> NodeHealth {
    let tracking = report.is_told(now);
    let (state, breaker) = state(&report.state);
    NodeHealth {
        node: report.node,
        state,
        breaker,
        tracking,
    }
}

/// The state of the worst node: away, else up, else not asked for yet.
fn worst(nodes: &[NodeHealth]) -> RedisHealth {
    let worst = nodes.iter().max_by_key(|node| node.state.rank());
    worst.map_or(RedisHealth::Connecting, |node| node.state.clone())
}
