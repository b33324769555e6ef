//! One supervised connection: the handle to it, and how it is.
//!
//! A link knows the one node at its other end, and of a cluster no more than that node says of itself.
//! Where the node is, if its settings do not say, it asks a [`Resolver`].

mod connect;
mod connection;
mod durable;
mod ears;
mod epoch;
mod figures;
mod live;
mod member;
mod opening;
mod operations;
mod pace;
pub(super) mod read;
mod resolver;
mod rights;
mod shared;
mod state;
mod supervise;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::ConnectionAddr;
use tokio::task::JoinHandle;

use super::terms::fault::Fault;
use super::terms::news::{LinkFigures, LinkState};
use super::wire::settings::LinkSettings;
use crate::boxed::boxed;
use crate::patience;
use crate::stamp::Vouch;
pub(super) use connection::Hold;
pub(super) use ears::Ears;
use live::Live;
pub(super) use opening::opened;
pub(super) use resolver::Resolver;
use shared::Shared;
use state::Phase;
use supervise::supervise;

/// One node's connection; clones share it.
#[derive(Clone)]
pub(in crate::redis) struct Link(Arc<Shared>);

impl Link {
    /// A link that connects at its first use; nothing happens here. Its ears must be quick: the
    /// connection stands still meanwhile.
    pub(in crate::redis) fn new(settings: LinkSettings, resolver: Resolver, ears: Ears) -> Self {
        Self(Arc::new(Shared::new(settings, resolver, ears)))
    }

    /// The connection, at once: while there is none this is an error, but for the first attempt,
    /// each step of which is waited for as long as a command may take, for a crowd twice as long.
    async fn live(&self) -> Result<Arc<Live>, Fault> {
        match self.0.live.load_full() {
            Some(live) => Ok(live),
            None => boxed(|| self.first()).await,
        }
    }

    async fn first(&self) -> Result<Arc<Live>, Fault> {
        self.supervised()?;
        let is_first = |phase: &Phase| matches!(phase, Phase::Connecting);
        let (limit, phase) = (self.0.settings.op_timeout, self.0.phase.subscribe());
        let turn = self.0.callers.enter();
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
            let spawned = self
                .0
                .settings
                .home
                .spawn(supervise(Arc::downgrade(&self.0)));
            let task = spawned.map_err(Fault::from);
            *supervisor = Some(task.inspect_err(|fault| self.0.go_down(*fault))?);
        }
        Ok(())
    }

    /// Whether there is a connection.
    pub(in crate::redis) fn is_up(&self) -> bool {
        self.0.live.load().is_some()
    }

    pub(in crate::redis) fn op_timeout(&self) -> Duration {
        self.0.settings.op_timeout
    }

    /// The node's clock in Unix milliseconds, while it is connected.
    pub(in crate::redis) fn node_ms(&self) -> Option<u64> {
        self.0.live.load().as_ref().map(|live| live.node_ms())
    }

    /// The run of the node, while it is connected.
    pub(in crate::redis) fn run_id(&self) -> Option<[u8; 8]> {
        self.0.live.load().as_ref().map(|live| live.run_id())
    }

    /// What vouches for what is read next, if there is a connection.
    pub(in crate::redis) fn vouch(&self) -> Option<Vouch> {
        Some(self.0.live.load().as_ref()?.epoch.vouch())
    }

    /// Has calls of scripts wait for more of them, if there is a connection.
    pub(in crate::redis) fn hold_calls(&self) -> Option<Hold> {
        Some(self.0.live.load().as_ref()?.hold_calls())
    }

    /// The node said that it does not have some slot.
    pub(in crate::redis) fn renew_epoch(&self) {
        if let Some(live) = &*self.0.live.load() {
            live.epoch.renew();
        }
    }

    /// What the user of the present connection may not do.
    pub(in crate::redis) fn denied(&self) -> Vec<Fault> {
        let live = self.0.live.load();
        live.as_ref()
            .map_or_else(Vec::new, |live| live.denied.clone())
    }

    pub(in crate::redis) fn figures(&self) -> LinkFigures {
        self.0.figures.snapshot()
    }

    pub(in crate::redis) fn state(&self) -> LinkState {
        self.0.phase.borrow().state()
    }

    /// Closes the connection for good.
    pub(in crate::redis) async fn close(&self) {
        if let Some(task) = self.0.close() {
            // An aborted task ends with an error, as it should.
            let _ = task.await;
        }
        self.0.end();
    }

    /// Closes the connection for good without waiting for its task to end: the node has left the cluster.
    pub(in crate::redis) fn forget(&self) {
        drop(self.0.close());
        self.0.end();
    }

    pub(in crate::redis) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// What a person knows the node by.
    pub(in crate::redis) fn shown(&self) -> String {
        self.0.settings.shown()
    }

    /// What it was made with.
    pub(in crate::redis) fn settings(&self) -> &LinkSettings {
        &self.0.settings
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

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("settings", &self.0.settings)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
