//! Which node has a key: one node, a few connections to it, or the masters of a cluster.

mod cluster;
mod lanes;
pub(super) mod operations;
pub(super) mod outside;
mod redirect;
mod route;
pub(super) mod scan;
mod sentinel;
mod unlink;

use std::sync::Arc;
use std::time::Duration;

use crate::redis::link::{Ears, Hold, Link};
use crate::redis::terms::fault::Fault;
use crate::redis::terms::news::{LinkEvent, LinkReport, LinkState, Pushed};
use crate::redis::wire::settings::{LinkSettings, Place};
use crate::redis::wire::slots::slot_of;
use crate::stamp::Vouch;
use cluster::Cluster;
use lanes::{Lanes, lane, lanes};

/// Where keys are; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Topology(Arc<Routes>);

/// A caller is about to ask for many leases or stores, until this is dropped.
pub(crate) struct Holds(#[expect(dead_code, reason = "what is dropped ends")] Vec<Hold>);

#[derive(Debug)]
enum Routes {
    Node(Lanes),
    Cluster(Cluster),
}

impl Topology {
    /// Connects at the first use; nothing happens here. `hear` must be quick: the
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

    /// Begins to connect where there is no connection, without waiting for it.
    pub(crate) fn begin(&self) {
        // Where there can be no connection the state says why.
        let _ = match &*self.0 {
            Routes::Node(lanes) => lanes.iter().try_for_each(|link| link.supervised()),
            Routes::Cluster(cluster) => cluster.searched(),
        };
    }

    /// Waits until every node is connected, without hurrying the first attempt as callers do; ends
    /// as well at a failure that waiting does not mend.
    pub(crate) async fn up(&self) -> Result<(), Fault> {
        self.begin();
        let links = match &*self.0 {
            Routes::Node(lanes) => lanes.to_vec(),
            Routes::Cluster(cluster) => cluster.found().await?,
        };
        for link in &links {
            link.up().await?;
        }
        Ok(())
    }

    /// Whether keys of one entry may be at several nodes, which come and go one by one.
    pub(crate) fn spans_nodes(&self) -> bool {
        matches!(*self.0, Routes::Cluster(_))
    }

    /// Whether all keys are on one connection, so that what failed as there is none was not sent.
    pub(crate) fn has_one_link(&self) -> bool {
        self.only().is_some()
    }

    /// The longest that a read takes for a caller behind no crowd, where all keys are on one connection that is
    /// there.
    pub(crate) fn longest_read(&self) -> Option<Duration> {
        let link = self.only()?;
        link.is_up().then(|| link.op_timeout())
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

    /// The connection that has the key, if it is known now.
    fn link_now(&self, key: &str) -> Option<Link> {
        match &*self.0 {
            Routes::Node(lanes) => lane(lanes, key),
            Routes::Cluster(cluster) => cluster.link_now(slot_of(key)),
        }
    }

    /// Has what is asked of scripts wait until the end of this, to be asked together. In a cluster each entry is asked
    /// for by itself.
    pub(crate) fn hold_calls(&self) -> Holds {
        Holds(match &*self.0 {
            Routes::Node(lanes) => lanes.iter().filter_map(Link::hold_calls).collect(),
            Routes::Cluster(_) => Vec::new(),
        })
    }

    /// What would vouch for these keys if they were read now.
    pub(crate) fn vouch(&self, keys: impl IntoIterator<Item = Arc<str>>) -> Vouch {
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
        let mut reports: Vec<_> = links.iter().map(LinkReport::of).collect();
        if let Routes::Cluster(cluster) = &*self.0 {
            // Without a map there are no links to tell of it.
            reports.extend(cluster.trouble());
        }
        reports
    }

    /// Why there is no connection, of the node that has been away for longest.
    pub(crate) fn why_not(&self) -> (String, Fault) {
        let reports = self.report();
        let away = reports.iter().filter_map(|report| match report.state {
            LinkState::Up => None,
            LinkState::Connecting => Some((report, None, Fault::Timeout)),
            LinkState::Down { since, cause, .. } => Some((report, Some(since), cause)),
        });
        let longest = away.max_by_key(|(_, since, _)| *since);
        longest.map_or((String::new(), Fault::Timeout), |(report, _, cause)| {
            (report.node.clone(), cause)
        })
    }

    /// Whether there is a connection to any node.
    pub(crate) fn is_up(&self) -> bool {
        match &*self.0 {
            Routes::Node(lanes) => lanes.iter().any(Link::is_up),
            Routes::Cluster(cluster) => cluster.links().iter().any(Link::is_up),
        }
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
