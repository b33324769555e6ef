//! A cluster: the map of its slots, kept true, and a connection to each master.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::search::{Search, search};
use super::table::Table;
use super::{Lanes, LinkReport, lanes};
use crate::clock::Stopwatch;
use crate::own_thread;
use crate::patience::{self, Crowd};
use crate::redis::link::{Ears, Link, LinkEvent, LinkState};
use crate::redis::wire::fault::Fault;
use crate::redis::wire::map::Map;
use crate::redis::wire::settings::{Address, LinkSettings};

/// The masters of a cluster.
#[derive(Debug)]
pub(super) struct Cluster(Arc<Shared>);

pub(super) struct Shared {
    pub(super) settings: LinkSettings,
    ears: Ears,
    pub(super) table: ArcSwapOption<Table>,
    /// Every connection there is, in the table or not.
    nodes: Mutex<Vec<Node>>,
    search: watch::Sender<Search>,
    /// Who waits for the first search.
    callers: Arc<Crowd>,
    pub(super) trouble: Arc<Notify>,
    closed: AtomicBool,
    searcher: Mutex<Option<JoinHandle<()>>>,
}

/// The connections to one node.
struct Node {
    at: Address,
    lanes: Lanes,
    /// When another node last sent someone here for a key on its way.
    named: Option<Stopwatch>,
}

impl Node {
    /// Whether it may be asked before it has slots.
    fn is_named(&self) -> bool {
        self.named.is_some_and(|named| named.elapsed() < NAMED)
    }
}

/// So long after it was last named a node without slots is let go.
const NAMED: Duration = Duration::from_secs(10);

impl Cluster {
    pub(super) fn new(settings: LinkSettings, ears: Ears) -> Self {
        Self(Arc::new(Shared {
            settings,
            ears,
            table: ArcSwapOption::empty(),
            nodes: Mutex::default(),
            search: watch::channel(Search::First).0,
            callers: Arc::default(),
            trouble: Arc::default(),
            closed: AtomicBool::new(false),
            searcher: Mutex::default(),
        }))
    }

    /// A connection to each master, when there is a map.
    pub(super) async fn masters(&self) -> Result<Vec<Link>, Fault> {
        self.link(0).await?;
        let table = self.0.table.load();
        let masters = table.as_ref().ok_or(Fault::Down)?.masters();
        Ok(masters.collect())
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
        let mut nodes = self.0.nodes.lock();
        if self.is_closed() {
            return None;
        }
        let table = self.0.table.load_full()?;
        let table = table.with(slot, to, |address| self.0.lanes(&mut nodes, address));
        let link = table.link(slot);
        self.0.table.store(Some(Arc::new(table)));
        link
    }

    /// The connection to a node by its address, for keys of a slot.
    pub(super) fn node(&self, slot: u16, at: &Address) -> Option<Link> {
        let mut nodes = self.0.nodes.lock();
        if self.is_closed() {
            return None;
        }
        let lanes = self.0.lanes(&mut nodes, at);
        let named = nodes.iter_mut().find(|node| node.at == *at);
        if let Some(node) = named {
            node.named = Some(Stopwatch::start());
        }
        super::lane_of(&lanes, slot)
    }

    pub(super) fn links(&self) -> Vec<Link> {
        let nodes = self.0.nodes.lock();
        nodes.iter().flat_map(|node| node.lanes.to_vec()).collect()
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
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    pub(super) async fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        let searcher = self.0.searcher.lock().take();
        if let Some(task) = searcher {
            task.abort();
            // An aborted task ends with an error, as it should.
            let _ = task.await;
        }
        for link in self.links() {
            link.close().await;
        }
    }
}

impl Shared {
    /// Hears of a map, and takes it over unless a later one is known.
    fn learn(self: &Arc<Self>, map: &Map) {
        let table = self.table.load();
        let known = table.as_ref().map(|table| &table.map);
        if known.is_none_or(|known| known.epoch < map.epoch) {
            self.take_over(map);
        }
    }

    /// Goes by a map from now on. One that was asked for in trouble may be of an earlier epoch: of a
    /// cluster that was set up anew.
    pub(super) fn take_over(self: &Arc<Self>, map: &Map) {
        let mut nodes = self.nodes.lock();
        let table = Table::of(map, |address| self.lanes(&mut nodes, address));
        let (kept, gone) = std::mem::take(&mut *nodes)
            .into_iter()
            .partition::<Vec<_>, _>(|node| table.has(&node.at) || node.is_named());
        *nodes = kept;
        self.table.store(Some(Arc::new(table)));
        drop(nodes);
        self.search.send_replace(Search::Found);
        for link in gone.iter().flat_map(|node| node.lanes.iter()) {
            link.forget();
        }
    }

    /// A node let the search in.
    pub(super) fn step(&self) {
        self.search.send_modify(|_| ());
    }

    pub(super) fn fail(&self, cause: Fault) {
        let is_news = self.search.send_if_modified(|search| match search {
            Search::Found => false,
            Search::Failed { cause: before, .. } => std::mem::replace(before, cause) != cause,
            Search::First => {
                *search = Search::Failed {
                    since: Stopwatch::start(),
                    cause,
                };
                true
            }
        });
        if is_news {
            (self.ears.event)("cluster", LinkEvent::Down(cause));
        }
    }

    /// The connections to a node, made if there are none.
    fn lanes(self: &Arc<Self>, nodes: &mut Vec<Node>, address: &Address) -> Lanes {
        if let Some(node) = nodes.iter().find(|node| node.at == *address) {
            return Arc::clone(&node.lanes);
        }
        let settings = self.settings.at(&address.host, address.port);
        let made = lanes(&settings, &self.ears_of(address));
        nodes.push(Node {
            at: address.clone(),
            lanes: Arc::clone(&made),
            named: None,
        });
        made
    }

    /// A node that goes down may have been replaced, and its heartbeats bring the map.
    fn ears_of(self: &Arc<Self>, address: &Address) -> Ears {
        let (tell, trouble) = (Arc::clone(&self.ears.event), Arc::clone(&self.trouble));
        let (cluster, host) = (Arc::downgrade(self), address.host.clone());
        Ears {
            event: Arc::new(move |node, event| {
                if let LinkEvent::Down(_) = event {
                    trouble.notify_one();
                }
                tell(node, event);
            }),
            push: Arc::clone(&self.ears.push),
            map: Some(Arc::new(move |map| {
                if let Some(cluster) = cluster.upgrade() {
                    cluster.learn(&map.clone().seen_from(&host));
                }
            })),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
