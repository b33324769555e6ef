//! The handle to one node: its connection, and how that is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::durable::Durable;
use super::fault::Fault;
use super::live::Live;
use super::reads::Reads;
use super::settings::LinkSettings;
use super::supervise::supervise;
use crate::clock::Stopwatch;
use crate::stamp::Cell;

/// One node's connection, shared by all who clone it.
#[derive(Clone)]
pub(crate) struct Link(pub(super) Arc<Shared>);

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

/// How the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    Connecting,
    Up,
    Down { since: Duration, cause: Fault },
}

pub(super) struct Shared {
    pub(super) settings: LinkSettings,
    pub(super) tell: Box<dyn Fn(LinkEvent) + Send + Sync>,
    pub(super) live: ArcSwapOption<Live>,
    pub(super) phase: watch::Sender<Phase>,
    pub(super) reads: Reads,
    pub(super) hear: Hear,
    pub(super) durable: Durable,
    /// The cell of the connection published last, which the next one flips.
    pub(super) vouch: Mutex<Option<Arc<Cell>>>,
    closed: AtomicBool,
    supervisor: Mutex<Option<(JoinHandle<()>, Handle)>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// The first attempt is not over: callers wait for it a moment.
    Connecting,
    Up,
    Down {
        since: Stopwatch,
        cause: Fault,
    },
}

impl Phase {
    /// An outage begins once, however many attempts fail; whether this was news.
    pub(super) fn go_down(&mut self, now: Fault) -> bool {
        match self {
            Self::Down { cause, .. } => std::mem::replace(cause, now) != now,
            _ => {
                *self = Self::Down {
                    since: Stopwatch::start(),
                    cause: now,
                };
                true
            }
        }
    }
}

impl Link {
    /// A link that connects at its first use; nothing happens here. `hear` must be quick: the
    /// connection stands still meanwhile.
    pub(crate) fn new(
        settings: LinkSettings,
        tell: impl Fn(LinkEvent) + Send + Sync + 'static,
        hear: impl Fn(Pushed<'_>) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Shared {
            settings,
            tell: Box::new(tell),
            live: ArcSwapOption::empty(),
            phase: watch::channel(Phase::Connecting).0,
            reads: Reads::default(),
            hear: Arc::new(hear),
            durable: Durable::default(),
            vouch: Mutex::default(),
            closed: AtomicBool::new(false),
            supervisor: Mutex::new(None),
        }))
    }

    /// The connection, at once: while there is none this is an error, but for the first attempt,
    /// which is waited for as long as a command may take.
    pub(super) async fn live(&self) -> Result<Arc<Live>, Fault> {
        // Its timers and its driver are tokio's: on another executor there is no connection.
        Handle::try_current().map_err(|_| Fault::Down)?;
        if let Some(live) = self.0.live.load_full() {
            return Ok(live);
        }
        self.run()?;
        let mut phase = self.0.phase.subscribe();
        let over = phase.wait_for(|phase| !matches!(phase, Phase::Connecting));
        if tokio::time::timeout(self.0.settings.op_timeout, over)
            .await
            .is_err()
        {
            // The attempt goes on, but only those who came first wait for it.
            self.0.go_down(Fault::Timeout);
        }
        self.0.live.load_full().ok_or(Fault::Down)
    }

    /// Sees to it that the supervisor runs: on the current runtime, if the one it ran on is gone.
    fn run(&self) -> Result<(), Fault> {
        if self.0.is_closed() {
            return Err(Fault::Down);
        }
        let mut supervisor = self.0.supervisor.lock();
        if supervisor
            .as_ref()
            .is_none_or(|(task, _)| task.is_finished())
        {
            let runtime = Handle::try_current().map_err(|_| Fault::Down)?;
            let task = runtime.spawn(supervise(Arc::downgrade(&self.0)));
            *supervisor = Some((task, runtime));
        }
        Ok(())
    }

    /// Runs something that nobody waits for, on the caller's runtime or else the link's.
    pub(crate) fn detach(&self, work: impl Future<Output = ()> + Send + 'static) {
        let of_link = || {
            self.0
                .supervisor
                .lock()
                .as_ref()
                .map(|(_, runtime)| runtime.clone())
        };
        if let Some(runtime) = Handle::try_current().ok().or_else(of_link) {
            runtime.spawn(work);
        }
    }

    /// The node's clock in Unix milliseconds, while it is connected.
    pub(crate) fn node_ms(&self) -> Option<u64> {
        self.0.live.load().as_ref().map(|live| live.node_ms())
    }

    /// The cell of the present connection, if there is one and the node pushes on it.
    pub(crate) fn vouch(&self) -> Option<Arc<Cell>> {
        self.0.live.load().as_ref()?.vouch.clone()
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
            Phase::Down { since, cause } => LinkState::Down {
                since: since.elapsed(),
                cause,
            },
        }
    }

    /// Closes the connection for good.
    pub(crate) async fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
        let supervisor = self.0.supervisor.lock().take();
        if let Some((task, _)) = supervisor {
            task.abort();
            // An aborted task ends with an error, as it should.
            let _ = task.await;
        }
        self.0.live.store(None);
        self.0.vouch_with(None);
        self.0.go_down(Fault::Down);
    }
}

impl Shared {
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// What rests on the connection before is checked before it is served again.
    pub(super) fn vouch_with(&self, cell: Option<Arc<Cell>>) {
        let before = std::mem::replace(&mut *self.vouch.lock(), cell);
        if let Some(before) = before {
            before.flip();
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
