//! What a cluster and its search share: the table, and every connection there is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use rand::seq::SliceRandom as _;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::table::Table;
use crate::clock::Stopwatch;
use crate::patience::Crowd;
use crate::redis::link::{Ears, Link};
use crate::redis::terms::fault::Fault;
use crate::redis::terms::news::{LinkEvent, LinkState};
use crate::redis::topology::lanes::{Lanes, lane_of, lanes};
use crate::redis::wire::map::Map;
use crate::redis::wire::settings::{Address, LinkSettings};

/// A cluster's state; its search holds it weakly.
pub(super) struct Shared {
    pub(super) settings: LinkSettings,
    ears: Ears,
    pub(super) table: ArcSwapOption<Table>,
    /// Every connection there is, in the table or not.
    nodes: Mutex<Vec<Node>>,
    pub(super) search: watch::Sender<Search>,
    /// The callers that wait for the first search.
    pub(super) callers: Arc<Crowd>,
    pub(super) trouble: Arc<Notify>,
    closed: AtomicBool,
    pub(super) searcher: Mutex<Option<JoinHandle<()>>>,
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

/// How long after it was last named a node without slots is let go.
const NAMED: Duration = Duration::from_secs(10);

/// How the search for a map goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Search {
    /// The first attempt is not over: callers wait for it a moment.
    First,
    Found,
    Failed {
        since: Stopwatch,
        cause: Fault,
    },
}

impl Shared {
    pub(super) fn new(settings: LinkSettings, ears: Ears) -> Self {
        Self {
            settings,
            ears,
            table: ArcSwapOption::empty(),
            nodes: Mutex::default(),
            search: watch::channel(Search::First).0,
            callers: Arc::default(),
            trouble: Arc::default(),
            closed: AtomicBool::new(false),
            searcher: Mutex::default(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the cluster for good, and ends its search, whose task is given back.
    pub(super) fn close(&self) -> Option<JoinHandle<()>> {
        self.closed.store(true, Ordering::Release);
        let searcher = self.searcher.lock().take();
        searcher.inspect(JoinHandle::abort)
    }

    /// Hears of a map from one of its masters, and takes it over unless what is known is as good. Of
    /// one epoch is the map in which the master has other slots: slots that move to whoever has the
    /// latest epoch begin none, and each master is the first to know of its own.
    fn learn(self: &Arc<Self>, map: &Map, master: &Address) {
        let table = self.table.load();
        let is_news = table.as_ref().is_none_or(|table| {
            let known = &table.map;
            known.epoch < map.epoch
                || known.epoch == map.epoch && known.slots_at(master) != map.slots_at(master)
        });
        if is_news {
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

    /// A node said that a slot is another's: the connection to that one.
    pub(super) fn moved(self: &Arc<Self>, slot: u16, to: &Address) -> Option<Link> {
        let mut nodes = self.nodes.lock();
        if self.is_closed() {
            return None;
        }
        let table = self.table.load_full()?;
        let table = table.with(slot, to, |address| self.lanes(&mut nodes, address));
        let link = table.link(slot);
        self.table.store(Some(Arc::new(table)));
        link
    }

    /// The connection to a node by its address, for keys of a slot.
    pub(super) fn node(self: &Arc<Self>, slot: u16, at: &Address) -> Option<Link> {
        let mut nodes = self.nodes.lock();
        if self.is_closed() {
            return None;
        }
        let lanes = self.lanes(&mut nodes, at);
        let named = nodes.iter_mut().find(|node| node.at == *at);
        if let Some(node) = named {
            node.named = Some(Stopwatch::start());
        }
        lane_of(&lanes, slot)
    }

    /// Every connection there is.
    pub(super) fn links(&self) -> Vec<Link> {
        let nodes = self.nodes.lock();
        nodes.iter().flat_map(|node| node.lanes.to_vec()).collect()
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
        let (cluster, master) = (Arc::downgrade(self), address.clone());
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
                    cluster.learn(&map.clone().seen_from(&master.host), &master);
                }
            })),
        }
    }

    /// The nodes that can be asked for the map: masters, replicas and those that the settings name.
    pub(super) fn known(&self) -> Vec<Address> {
        let table = self.table.load();
        let map = table.as_ref().map(|table| &table.map);
        let masters = map.iter().flat_map(|map| map.masters.iter().map(|m| &m.at));
        let replicas = map.iter().flat_map(|map| &map.replicas);
        let mut known: Vec<Address> = Vec::new();
        let seeds = self.settings.seeds();
        for address in masters.chain(replicas).chain(seeds) {
            if !known.contains(address) {
                known.push(address.clone());
            }
        }
        // Only a few are asked, and not always the same.
        known.shuffle(&mut rand::rng());
        known
    }

    /// Whether every slot has a master that nothing is wrong with.
    pub(super) fn is_whole(&self) -> bool {
        let table = self.table.load();
        let is_down = |link: &Link| matches!(link.state(), LinkState::Down { .. });
        table
            .as_ref()
            .is_some_and(|table| !table.links().any(is_down))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::wire::map::Master;

    fn at(port: u16) -> Address {
        let host = "127.0.0.1".to_owned();
        Address { host, port }
    }

    /// A master for each port and the slots that it has, of which none is asked anything.
    fn map(epoch: u64, masters: &[(u16, (u16, u16))]) -> Map {
        let master = |(port, slots): &(u16, (u16, u16))| Master {
            id: port.to_string(),
            at: at(*port),
            slots: vec![*slots],
        };
        Map {
            epoch,
            masters: masters.iter().map(master).collect(),
            replicas: Vec::new(),
        }
    }

    fn shared(known: &Map) -> Arc<Shared> {
        let settings = LinkSettings::parse("redis+cluster://127.0.0.1:7000").unwrap();
        let ears = Ears {
            event: Arc::new(|_, _| ()),
            push: Arc::new(|_| ()),
            map: None,
        };
        let shared = Arc::new(Shared::new(settings, ears));
        shared.take_over(known);
        shared
    }

    fn known(shared: &Shared) -> Map {
        shared.table.load().as_ref().unwrap().map.clone()
    }

    #[test]
    fn of_one_epoch_is_each_master_believed_of_its_own_slots() {
        let before = map(7, &[(7_000, (0, 9)), (7_001, (10, 19)), (7_002, (20, 29))]);
        let moved = map(7, &[(7_001, (0, 19)), (7_002, (20, 29))]);
        let shared = shared(&before);
        shared.learn(&moved, &at(7_002));
        assert_eq!(known(&shared), before, "its own slots are as known");
        shared.learn(&moved, &at(7_001));
        assert_eq!(known(&shared), moved);
        assert_eq!(shared.links().len(), 2, "a node without slots is let go");
        shared.learn(&before, &at(7_002));
        assert_eq!(known(&shared), moved, "it has not heard of it yet");
    }

    #[test]
    fn a_later_epoch_is_believed_of_all_and_an_earlier_one_of_nothing() {
        let before = map(7, &[(7_000, (0, 9)), (7_001, (10, 19))]);
        let shared = shared(&before);
        shared.learn(&map(6, &[(7_001, (0, 19))]), &at(7_001));
        assert_eq!(known(&shared), before);
        let later = map(8, &[(7_003, (0, 9)), (7_001, (10, 19))]);
        shared.learn(&later, &at(7_001));
        assert_eq!(known(&shared), later);
    }
}
