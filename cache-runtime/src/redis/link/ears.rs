//! What a link tells of: its connection, what its node pushes, and its node's cluster; and its listeners.

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

/// Called with each push, in the connection's driver, before any later reply is delivered.
pub(super) type Hear = Arc<dyn Fn(Pushed<'_>) + Send + Sync>;

/// Called with what became of a connection, and what a person knows the node by.
type Tell = Arc<dyn Fn(&str, LinkEvent) + Send + Sync>;

/// Called with the map of a cluster at each heartbeat.
type HearMap = Arc<dyn Fn(&Map) + Send + Sync>;

/// The listeners of a link.
#[derive(Clone)]
pub(in crate::redis) struct Ears {
    pub(in crate::redis) event: Tell,
    pub(in crate::redis) push: Hear,
    /// Only in a cluster.
    pub(in crate::redis) map: Option<HearMap>,
}
