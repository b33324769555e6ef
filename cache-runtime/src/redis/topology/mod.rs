//! Which node has a key: one node, a few connections to it, or the masters of a cluster.

mod cluster;
mod discover;
mod operations;
mod ready;
mod redirect;
mod route;
mod scan;
mod search;
mod sentinel;
mod table;
mod unlink;

use std::sync::Arc;
use std::time::Duration;

use crate::redis::link::{Ears, Link, LinkEvent, LinkState, Pushed};
use crate::redis::wire::fault::Fault;
use crate::redis::wire::settings::{LinkSettings, Place};
use crate::redis::wire::slots::slot_of;
use crate::stamp::Vouch;
use cluster::Cluster;
#[cfg(test)]
pub(super) use operations::Read;
pub(crate) use operations::STORED_WRITES;
pub(crate) use scan::Cursor;

/// Where keys are, shared by all who clone it.
#[derive(Clone, Debug)]
pub(crate) struct Topology(Arc<Routes>);

#[derive(Debug)]
enum Routes {
    Node(Lanes),
    Cluster(Cluster),
}

/// The connections to one node, at least one. Each has the slots that it has, so that all that is
/// read of a key is read on one, which will tell of its changes.
type Lanes = Arc<[Link]>;

/// How one connection is.
#[derive(Clone, Debug)]
pub(crate) struct LinkReport {
    /// What a person knows the node by.
    pub(crate) node: String,
    pub(crate) state: LinkState,
    /// What vouches for what is read on it now.
    pub(crate) vouch: Option<Vouch>,
    /// What its user may not do.
    pub(crate) denied: Vec<Fault>,
}

impl Topology {
    /// Connects at the first use; nothing happens here. Who is told of pushes must be quick: the
    /// connection stands still meanwhile.
    pub(crate) fn new(
        settings: LinkSettings,
        tell: impl Fn(&str, LinkEvent) + Send + Sync + 'static,
        hear: impl Fn(Pushed<'_>) + Send + Sync + 'static,
    ) -> Self {
        let ears = Ears {
            event: Arc::new(tell),
            push: Arc::new(hear),
            map: None,
        };
        Self(Arc::new(match settings.place {
            Place::Cluster { .. } => Routes::Cluster(Cluster::new(settings, ears)),
            Place::Node | Place::Sentinel { .. } => Routes::Node(lanes(&settings, &ears)),
        }))
    }

    /// Whether keys of one entry may be at several nodes, which come and go one by one.
    pub(crate) fn spans_nodes(&self) -> bool {
        matches!(*self.0, Routes::Cluster(_))
    }

    /// Whether all keys are on one connection, so that what failed as there is none was not sent.
    pub(crate) fn has_one_link(&self) -> bool {
        self.only().is_some()
    }

    /// The one connection that there is, if it is one.
    fn only(&self) -> Option<&Link> {
        match &*self.0 {
            Routes::Node(lanes) if lanes.len() == 1 => lanes.first(),
            _ => None,
        }
    }

    /// The connection that has the key.
    async fn link(&self, key: &str) -> Result<Link, Fault> {
        match &*self.0 {
            Routes::Node(lanes) => lane(lanes, key).ok_or(Fault::Down),
            Routes::Cluster(cluster) => cluster.link(slot_of(key)).await,
        }
    }

    /// The same, if it is known now.
    fn link_now(&self, key: &str) -> Option<Link> {
        match &*self.0 {
            Routes::Node(lanes) => lane(lanes, key),
            Routes::Cluster(cluster) => cluster.link_now(slot_of(key)),
        }
    }

    /// What would vouch for these keys if they were read now.
    pub(crate) fn vouch(&self, keys: impl IntoIterator<Item = String>) -> Vouch {
        let of = |link: Option<Link>| link.and_then(|link| link.vouch());
        if let Some(link) = self.only() {
            return link.vouch().unwrap_or_else(Vouch::mute);
        }
        let mut vouch = Vouch::empty();
        for key in keys {
            vouch.also(&of(self.link_now(&key)).unwrap_or_else(Vouch::mute));
        }
        vouch
    }

    /// The clock of the key's node in Unix milliseconds, while it is connected.
    pub(crate) fn node_ms(&self, key: &str) -> Option<u64> {
        match self.only() {
            Some(link) => link.node_ms(),
            None => self.link_now(key)?.node_ms(),
        }
    }

    /// How every connection is, by node.
    pub(crate) fn report(&self) -> Vec<LinkReport> {
        let links = match &*self.0 {
            Routes::Node(lanes) => lanes.to_vec(),
            Routes::Cluster(cluster) => cluster.links(),
        };
        let report = |link: &Link| LinkReport {
            node: link.shown(),
            state: link.state(),
            vouch: link.vouch(),
            denied: link.denied(),
        };
        let mut reports: Vec<_> = links.iter().map(report).collect();
        if let Routes::Cluster(cluster) = &*self.0 {
            // Without a map there are no links to tell of it.
            reports.extend(cluster.trouble());
        }
        reports
    }

    /// Whether it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        match &*self.0 {
            Routes::Node(lanes) => lanes.iter().all(Link::is_closed),
            Routes::Cluster(cluster) => cluster.is_closed(),
        }
    }

    /// Closes the connections for good.
    pub(crate) async fn close(&self) {
        match &*self.0 {
            Routes::Node(lanes) => {
                for link in lanes.iter() {
                    link.close().await;
                }
            }
            Routes::Cluster(cluster) => cluster.close().await,
        }
    }
}

fn lanes(settings: &LinkSettings, ears: &Ears) -> Lanes {
    let lane = |_| Link::new(settings.clone(), sentinel::resolver(settings), ears.clone());
    (0..settings.connections.max(1)).map(lane).collect()
}

fn lane(lanes: &Lanes, key: &str) -> Option<Link> {
    match &**lanes {
        [only] => Some(only.clone()),
        lanes => lane_of(lanes, slot_of(key)),
    }
}

fn lane_of(lanes: &[Link], slot: u16) -> Option<Link> {
    let at = usize::from(slot).checked_rem(lanes.len())?;
    lanes.get(at).cloned()
}

/// How long a node may take to say where the others are.
fn patience(settings: &LinkSettings) -> Duration {
    settings.op_timeout.max(Duration::from_millis(500))
}
