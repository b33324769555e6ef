//! Whom a link tells of its connection, of what its node pushes, and of its node's cluster.

use std::sync::Arc;

use crate::redis::wire::fault::Fault;
use crate::redis::wire::map::Map;

/// A change of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LinkEvent {
    Up,
    Down(Fault),
    /// It is up, and its user may not do this.
    Denied(Fault),
}

/// What a node said of its own accord.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pushed<'a> {
    /// The key that was read may have changed.
    Changed(&'a [u8]),
    /// Every key may have.
    All,
}

/// Called in the connection's driver, before any later reply is delivered.
pub(super) type Hear = Arc<dyn Fn(Pushed<'_>) + Send + Sync>;

/// Told what became of a connection, by what a person knows the node by.
type Tell = Arc<dyn Fn(&str, LinkEvent) + Send + Sync>;

/// Told the map of a cluster, at each heartbeat.
type HearMap = Arc<dyn Fn(&Map) + Send + Sync>;

/// Who is told of what a link learns.
#[derive(Clone)]
pub(in crate::redis) struct Ears {
    pub(in crate::redis) event: Tell,
    pub(in crate::redis) push: Hear,
    /// Only in a cluster.
    pub(in crate::redis) map: Option<HearMap>,
}
