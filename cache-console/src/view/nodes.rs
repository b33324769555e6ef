//! The nodes of Redis as this process sees them, and its connections to each.

use askama::Template;
use cache_runtime::NodeStats;
use serde::Serialize;

use crate::console::Console;
use crate::scope::{Figures, Of, Scope};
use crate::shown::{Count, Name, Time};
use crate::status::{Breaker, Connection, State, Status};

#[derive(Serialize, Template)]
#[template(path = "nodes.html")]
pub(super) struct Nodes {
    scope: Scope,
    redis: State,
    nodes: Vec<Row>,
    connections: Vec<Connection>,
}

/// All connections to one node.
#[derive(Serialize)]
struct Row {
    node: Name,
    state: State,
    breaker: Breaker,
    tracking: bool,
    round_trip_p50: Time,
    round_trip_p99: Time,
    heartbeat_age: Time,
    staleness_bound: Time,
    pushes: Count,
    reconnections: Count,
}

pub(super) async fn look(console: &Console, of: Option<Of>) -> Nodes {
    // Its nodes are of the same moment as the state of all.
    let Status { redis, nodes, .. } = Status::of(console.cache());
    let Figures { scope, stats, .. } = console.figures(of).await;
    Nodes {
        scope,
        redis,
        nodes: stats.nodes.iter().map(row).collect(),
        connections: nodes,
    }
}

fn row(node: &NodeStats) -> Row {
    Row {
        node: node.node.as_str().into(),
        state: State::of(Some(&node.state)),
        breaker: node.breaker.into(),
        tracking: node.tracking,
        round_trip_p50: Time(node.round_trip.quantile(0.5)),
        round_trip_p99: Time(node.round_trip.quantile(0.99)),
        heartbeat_age: Time(node.heartbeat_age),
        staleness_bound: Time::from(node.staleness_bound),
        pushes: Count(node.pushes),
        reconnections: Count(node.reconnections),
    }
}
