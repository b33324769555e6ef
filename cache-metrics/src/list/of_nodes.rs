//! How the nodes of Redis are, as this process sees them.

use cache_runtime::{BreakerState, NodeStats, RedisHealth};

use super::of_time::seconds;
use super::{NODE, counter, gauge, metric};
use crate::metric::{Kind, Metric, Samples, Unit};
use crate::seen::Seen;

const BREAKER: [(&str, BreakerState); 3] = [
    ("closed", BreakerState::Closed),
    ("half_open", BreakerState::HalfOpen),
    ("open", BreakerState::Open),
];

pub(super) const METRICS: &[Metric] = &[
    gauge(
        "node_up",
        "Whether this process is connected to the node",
        &[NODE],
        |seen, samples| {
            each(seen, samples, |node| {
                u64::from(node.state == RedisHealth::Up)
            });
        },
    ),
    gauge(
        "node_tracking",
        "Whether the node tells this process of changes, so that memory serves up to the ttl",
        &[NODE],
        |seen, samples| each(seen, samples, |node| u64::from(node.tracking)),
    ),
    gauge(
        "node_breaker",
        "1 for the state that the node's breaker is in: closed lets calls through, open and half_open do not",
        &[NODE, "state"],
        |seen, samples| {
            for node in &seen.stats.nodes {
                for (name, state) in BREAKER {
                    samples.count(&[&node.node, name], u64::from(node.breaker == state));
                }
            }
        },
    ),
    metric(
        Kind::Histogram,
        ("node_round_trip", Unit::Seconds),
        "How long heartbeats to the node took",
        &[NODE],
        |seen, samples| {
            for node in &seen.stats.nodes {
                samples.distribution(&[&node.node], seconds(&node.round_trip));
            }
        },
    ),
    counter(
        "node_pushes",
        "Keys that the node told of as changed, those that this process changed itself as well",
        &[NODE],
        |seen, samples| each(seen, samples, |node| node.pushes),
    ),
    counter(
        "node_reconnections",
        "Connections to the node that were made after the first",
        &[NODE],
        |seen, samples| each(seen, samples, |node| node.reconnections),
    ),
    metric(
        Kind::Gauge,
        ("node_heartbeat_age", Unit::Seconds),
        "How long ago the last heartbeat was sent that the node answered",
        &[NODE],
        |seen, samples| {
            for node in &seen.stats.nodes {
                if let Some(age) = node.heartbeat_age {
                    samples.number(&[&node.node], age.as_secs_f64());
                }
            }
        },
    ),
    metric(
        Kind::Gauge,
        ("node_staleness_bound", Unit::Seconds),
        "How far memory may be behind an invalidation in another process now, at most",
        &[NODE],
        |seen, samples| {
            for node in &seen.stats.nodes {
                samples.number(&[&node.node], node.staleness_bound.as_secs_f64());
            }
        },
    ),
];

fn each(seen: &Seen, samples: &mut Samples, of: impl Fn(&NodeStats) -> u64) {
    for node in &seen.stats.nodes {
        samples.count(&[&node.node], of(node));
    }
}
