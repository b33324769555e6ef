//! The statistics of this process: what was counted, and what memory and the nodes of Redis have.

use std::time::Duration;

use crate::events::{BreakerState, Learnt, MemorySizes, NodeStats, RedisHealth, Stats, by_node};
use crate::memory::Memory;
use crate::redis::{LinkReport, LinkState, Topology};
use crate::site::digest_of;
use crate::tiers::Tiers;

/// How many keys of each list are told of, where all are not asked for: what a process publishes is held small.
pub(super) const FEW_KEYS: usize = 8;

/// With so many keys of each list.
pub(super) fn stats(tiers: &Tiers, keys: usize) -> Stats {
    let now = tiers.clock.now();
    let never_read = tiers
        .memory
        .as_ref()
        .map(|memory| memory.curve.never_read(now));
    let mut stats = tiers.events.snapshot(Learnt {
        now,
        keys,
        digests: &digest_of,
        never_read: never_read.as_deref().unwrap_or_default(),
    });
    if let Some(memory) = &tiers.memory {
        let of = &mut stats.memory;
        (of.entries, of.bytes) = (memory.len() as u64, memory.weight());
        of.most_bytes = memory.capacity();
        let hits = stats.namespaces.iter().map(|row| row.memory_hits);
        let served = hits.fold(0, u64::saturating_add);
        stats.memory.sizes = sizes(memory, served);
    }
    stats.counted_ms = now.ms_since(tiers.began);
    if let Some(redis) = &tiers.redis {
        stats.nodes = nodes(tiers, redis);
    }
    stats
}

/// What memory of other sizes would have served, where it served so many reads.
fn sizes(memory: &Memory, served: u64) -> MemorySizes {
    let (curve, bytes) = (memory.curve.of(served), memory.capacity());
    let reads = curve.reads();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, and never negative"
    )]
    let of = |bytes: u64| ((curve.hit_rate(bytes) * reads as f64).round() as u64).min(reads);
    MemorySizes {
        reads,
        quarter: of(bytes / 4),
        half: of(bytes / 2),
        same: of(bytes),
        double: of(bytes.saturating_mul(2)),
        fourfold: of(bytes.saturating_mul(4)),
        sampled: memory.curve.sampled(),
    }
}

fn nodes(tiers: &Tiers, redis: &Topology) -> Vec<NodeStats> {
    let links = redis.report().into_iter().map(|report| link(tiers, report));
    by_node(links.collect())
}

fn link(tiers: &Tiers, report: LinkReport) -> NodeStats {
    let tracking = report.is_told(tiers.clock.now());
    let (state, breaker) = state(&report.state);
    let figures = report.figures;
    let lag = Duration::from_millis(tiers.limits.lag_ms);
    NodeStats {
        node: report.node,
        state,
        breaker,
        tracking,
        round_trip: figures.round_trip,
        pushes: figures.pushes,
        heartbeat_age: figures.heartbeat_age,
        // All that changed before the heartbeat was told of, and without pushes memory rests on a read for `lag`.
        staleness_bound: match figures.heartbeat_age {
            Some(age) if tracking => age.min(lag),
            _ => lag,
        },
        reconnections: figures.connections.saturating_sub(1),
    }
}

/// How a connection is, and whether calls go to it.
pub(super) fn state(state: &LinkState) -> (RedisHealth, BreakerState) {
    match *state {
        LinkState::Connecting => (RedisHealth::Connecting, BreakerState::Closed),
        LinkState::Up => (RedisHealth::Up, BreakerState::Closed),
        LinkState::Down {
            since,
            cause,
            is_probed,
        } => {
            let cause = cause.as_str().to_owned();
            let breaker = match is_probed {
                true => BreakerState::HalfOpen,
                false => BreakerState::Open,
            };
            (RedisHealth::Down { since, cause }, breaker)
        }
    }
}
