//! The listeners of a link: to its connection, to what its node pushes, and to its node's cluster.

use std::sync::Arc;

use crate::redis::terms::news::{LinkEvent, Pushed};
use crate::redis::wire::map::Map;

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
