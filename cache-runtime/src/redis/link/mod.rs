//! The handle to one node: its connection, and how that is.

mod connect;
mod durable;
mod epoch;
mod live;
pub(super) mod opening;
mod operations;
mod pace;
mod phase;
pub(super) mod reads;
mod supervise;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use redis::ConnectionAddr;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::own_thread;
use crate::patience::{self, Crowd};
use crate::redis::wire::fault::Fault;
use crate::redis::wire::map::Map;
use crate::redis::wire::settings::LinkSettings;
use crate::stamp::Vouch;
use durable::Durable;
use live::Live;
use phase::Phase;
use reads::Reads;
use supervise::supervise;

/// One node's connection, shared by all who clone it.
#[derive(Clone)]
pub(in crate::redis) struct Link(Arc<Shared>);

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
pub(in crate::redis) type Hear = Arc<dyn Fn(Pushed<'_>) + Send + Sync>;

/// Told what became of a connection, by what a person knows the node by.
pub(in crate::redis) type Tell = Arc<dyn Fn(&str, LinkEvent) + Send + Sync>;

/// Told the map of a cluster, at each heartbeat.
pub(in crate::redis) type HearMap = Arc<dyn Fn(&Map) + Send + Sync>;

/// Who is told of what a link learns.
#[derive(Clone)]
pub(in crate::redis) struct Ears {
    pub(in crate::redis) event: Tell,
    pub(in crate::redis) push: Hear,
    /// Only in a cluster.
    pub(in crate::redis) map: Option<HearMap>,
}

/// How the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    Connecting,
    Up,
    Down {
        since: Duration,
        cause: Fault,
        /// Whether it is being tried right now.
        is_probed: bool,
    },
}

struct Shared {
    settings: LinkSettings,
    ears: Ears,
    live: ArcSwapOption<Live>,
    phase: watch::Sender<Phase>,
    /// Who waits for an answer, or for the first connection.
    callers: Arc<Crowd>,
    reads: Reads,
    durable: Durable,
    /// The connection published last, whose epoch the next one ends.
    last: Mutex<Option<Arc<Live>>>,
    closed: AtomicBool,
    supervisor: Mutex<Option<JoinHandle<()>>>,
}

impl Link {
    /// A link that connects at its first use; nothing happens here. Its ears must be quick: the
    /// connection stands still meanwhile.
    pub(in crate::redis) fn new(settings: LinkSettings, ears: Ears) -> Self {
        Self(Arc::new(Shared {
            settings,
            ears,
            live: ArcSwapOption::empty(),
            phase: watch::channel(Phase::Connecting).0,
            callers: Arc::default(),
            reads: Reads::default(),
            durable: Durable::default(),
            last: Mutex::default(),
            closed: AtomicBool::new(false),
            supervisor: Mutex::new(None),
        }))
    }

    /// The connection, at once: while there is none this is an error, but for the first attempt,
    /// each step of which is waited for as long as a command may take, for a crowd twice as long.
    async fn live(&self) -> Result<Arc<Live>, Fault> {
        self.live_for(1).await
    }

    /// The same, for so many callers that wait for it as one.
    async fn live_for(&self, callers: usize) -> Result<Arc<Live>, Fault> {
        if let Some(live) = self.0.live.load_full() {
            return Ok(live);
        }
        self.supervised()?;
        let is_first = |phase: &Phase| matches!(phase, Phase::Connecting);
        let (limit, phase) = (self.0.settings.op_timeout, self.0.phase.subscribe());
        let turn = self.0.callers.enter_with(callers);
        if !patience::watch(limit, turn, phase, is_first).await {
            // The attempt goes on, but only those who came first wait for it.
            self.0.give_up_waiting();
        }
        self.0.live.load_full().ok_or(Fault::Down)
    }

    /// Waits until there is a connection; ends as well at a failure that waiting does not mend.
    pub(in crate::redis) async fn up(&self) -> Result<(), Fault> {
        self.supervised()?;
        let mut phase = self.0.phase.subscribe();
        let settled = phase.wait_for(|phase| match phase {
            Phase::Connecting => false,
            Phase::Up => true,
            Phase::Down { cause, .. } => cause.stays(),
        });
        match *settled.await.map_err(|_| Fault::Down)? {
            Phase::Down { cause, .. } => Err(cause),
            _ => Ok(()),
        }
    }

    /// Sees to it that the supervisor runs.
    pub(in crate::redis) fn supervised(&self) -> Result<(), Fault> {
        if self.0.is_closed() {
            return Err(Fault::Down);
        }
        let mut supervisor = self.0.supervisor.lock();
        if supervisor.as_ref().is_none_or(JoinHandle::is_finished) {
            let spawned = own_thread::spawn(supervise(Arc::downgrade(&self.0)));
            let task = spawned.map_err(Fault::from);
            *supervisor = Some(task.inspect_err(|fault| self.0.go_down(*fault))?);
        }
        Ok(())
    }

    /// The node's clock in Unix milliseconds, while it is connected.
    pub(in crate::redis) fn node_ms(&self) -> Option<u64> {
        self.0.live.load().as_ref().map(|live| live.node_ms())
    }

    /// What vouches for what is read next, if there is a connection.
    pub(in crate::redis) fn vouch(&self) -> Option<Vouch> {
        Some(self.0.live.load().as_ref()?.epoch.vouch())
    }

    /// The node said that it does not have some slot.
    pub(in crate::redis) fn renew_epoch(&self) {
        if let Some(live) = &*self.0.live.load() {
            live.epoch.renew();
        }
    }

    /// What the user of the present connection may not do.
    pub(crate) fn denied(&self) -> Vec<Fault> {
        let live = self.0.live.load();
        live.as_ref()
            .map_or_else(Vec::new, |live| live.denied.clone())
    }

    pub(crate) fn state(&self) -> LinkState {
        match *self.0.phase.borrow() {
            Phase::Connecting => LinkState::Connecting,
            Phase::Up => LinkState::Up,
            Phase::Down {
                since,
                cause,
                is_probed,
            } => LinkState::Down {
                since: since.elapsed(),
                cause,
                is_probed,
            },
        }
    }

    /// Closes the connection for good.
    pub(crate) async fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        let supervisor = self.0.supervisor.lock().take();
        if let Some(task) = supervisor {
            task.abort();
            // An aborted task ends with an error, as it should.
            let _ = task.await;
        }
        self.0.end();
    }

    /// The same, without waiting for its task to end: the node has no more part in the cluster.
    pub(in crate::redis) fn forget(&self) {
        self.0.closed.store(true, Ordering::Release);
        let supervisor = self.0.supervisor.lock().take();
        if let Some(task) = supervisor {
            task.abort();
        }
        self.0.end();
    }

    pub(in crate::redis) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// What a person knows the node by.
    pub(in crate::redis) fn shown(&self) -> String {
        self.0.settings.shown()
    }

    pub(in crate::redis) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The host that the settings name.
    pub(in crate::redis) fn host(&self) -> &str {
        match self.0.settings.info.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
            _ => "",
        }
    }
}

impl Shared {
    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// There will be no connection any more.
    fn end(&self) {
        self.live.store(None);
        self.succeed(None);
        self.go_down(Fault::Down);
    }

    /// What rests on the connection before is checked before it is served again.
    fn succeed(&self, next: Option<Arc<Live>>) {
        let before = std::mem::replace(&mut *self.last.lock(), next);
        if let Some(before) = before {
            before.epoch.end();
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("settings", &self.0.settings)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
