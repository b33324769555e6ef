//! A cluster: the map of its slots, kept true, and a connection to each master.

mod discover;
mod search;
mod shared;
mod table;

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::own_thread;
use crate::patience;
use crate::redis::link::{Ears, Link, Resolver};
use crate::redis::terms::fault::Fault;
use crate::redis::terms::news::{LinkFigures, LinkReport, LinkState};
use crate::redis::wire::settings::{Address, LinkSettings};
use search::search;
use shared::{Search, Shared};

/// The masters of a cluster.
#[derive(Debug)]
pub(super) struct Cluster(Arc<Shared>);

impl Cluster {
    pub(super) fn new(settings: LinkSettings, ears: Ears) -> Self {
        Self(Arc::new(Shared::new(settings, ears)))
    }

    /// What it was made with.
    pub(super) fn settings(&self) -> &LinkSettings {
        &self.0.settings
    }

    /// A connection to each master, when there is a map.
    pub(super) async fn masters(&self) -> Result<Vec<Link>, Fault> {
        self.link(0).await?;
        let table = self.0.table.load();
        let masters = table.as_ref().ok_or(Fault::Down)?.masters();
        Ok(masters.collect())
    }

    /// A connection of its own to each node of the url, as to a server that is in no cluster.
    pub(super) fn seeds(&self) -> Vec<Link> {
        let settings = &self.0.settings;
        let seeds = settings.seeds().iter().map(|seed| {
            let mut alone = settings.at(&seed.host, seed.port);
            (alone.in_cluster, alone.found) = (false, None);
            let ears = Ears {
                event: Arc::new(|_, _| ()),
                push: Arc::new(|_| ()),
                map: None,
            };
            Link::new(alone, Resolver::default(), ears)
        });
        seeds.collect()
    }

    /// The connection to the master that has a slot, at once: without a map this is an error, but
    /// for the first attempt to get one, each step of which is waited for as long as a command may
    /// take, for a crowd twice as long.
    pub(super) async fn link(&self, slot: u16) -> Result<Link, Fault> {
        self.searched()?;
        if self.0.table.load().is_none() {
            let is_first = |search: &Search| matches!(search, Search::First);
            let (limit, search) = (self.0.settings.op_timeout, self.0.search.subscribe());
            if !patience::watch(limit, self.0.callers.enter(), search, is_first).await {
                // It goes on, but only those who came first wait for it.
                self.0.fail(Fault::Timeout);
            }
        }
        if self.0.table.load().is_none() {
            return Err(Fault::Down);
        }
        self.link_now(slot).ok_or_else(|| {
            self.0.trouble.notify_one();
            Fault::ClusterDown
        })
    }

    pub(super) fn link_now(&self, slot: u16) -> Option<Link> {
        self.0.table.load().as_ref()?.link(slot)
    }

    /// Waits for the map, and gives a connection to each master; ends as well at a failure that waiting
    /// does not mend.
    pub(super) async fn found(&self) -> Result<Vec<Link>, Fault> {
        self.searched()?;
        let mut search = self.0.search.subscribe();
        let over = search.wait_for(|search| match search {
            Search::First => false,
            Search::Found => true,
            Search::Failed { cause, .. } => cause.stays(),
        });
        if let Search::Failed { cause, .. } = *over.await.map_err(|_| Fault::Down)? {
            return Err(cause);
        }
        let table = self.0.table.load();
        let masters = table.as_ref().ok_or(Fault::Down)?.masters();
        Ok(masters.collect())
    }

    /// Sees to it that somebody looks for the map.
    pub(super) fn searched(&self) -> Result<(), Fault> {
        if self.is_closed() {
            return Err(Fault::Down);
        }
        let mut searcher = self.0.searcher.lock();
        if searcher.as_ref().is_none_or(JoinHandle::is_finished) {
            let spawned = own_thread::spawn(search(Arc::downgrade(&self.0)));
            let task = spawned.map_err(Fault::from);
            *searcher = Some(task.inspect_err(|fault| self.0.fail(*fault))?);
        }
        Ok(())
    }

    /// A node said that a slot is another's: the connection to that one.
    pub(super) fn moved(&self, slot: u16, to: &Address) -> Option<Link> {
        self.0.moved(slot, to)
    }

    /// The connection to a node by its address, for keys of a slot.
    pub(super) fn node(&self, slot: u16, at: &Address) -> Option<Link> {
        self.0.node(slot, at)
    }

    pub(super) fn links(&self) -> Vec<Link> {
        self.0.links()
    }

    /// Why there is no map, if there is none.
    pub(super) fn trouble(&self) -> Option<LinkReport> {
        if self.0.table.load().is_some() {
            return None;
        }
        let state = match *self.0.search.borrow() {
            Search::Failed { since, cause } => LinkState::Down {
                since: since.elapsed(),
                cause,
                is_probed: true,
            },
            _ => LinkState::Connecting,
        };
        Some(LinkReport {
            node: "cluster".to_owned(),
            state,
            vouch: None,
            denied: Vec::new(),
            figures: LinkFigures::default(),
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(super) async fn close(&self) {
        if let Some(task) = self.0.close() {
            // An aborted task ends with an error, as it should.
            let _ = task.await;
        }
        for link in self.links() {
            link.close().await;
        }
    }
}
