//! What a link, its supervisor and its reads share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::durable::Durable;
use super::ears::Ears;
use super::figures::Figures;
use super::live::Live;
use super::resolver::Resolver;
use super::state::Phase;
use crate::patience::Crowd;
use crate::redis::terms::fault::Fault;
use crate::redis::terms::news::LinkEvent;
use crate::redis::wire::settings::LinkSettings;

/// A link's state; the supervisor holds it weakly.
pub(super) struct Shared {
    pub(super) settings: LinkSettings,
    pub(super) resolver: Resolver,
    pub(super) ears: Ears,
    pub(super) figures: Figures,
    pub(super) live: ArcSwapOption<Live>,
    pub(super) phase: watch::Sender<Phase>,
    /// The callers that wait for an answer, or for the first connection.
    pub(super) callers: Arc<Crowd>,
    pub(super) durable: Durable,
    /// The connection published last, whose epoch the next one ends.
    last: Mutex<Option<Arc<Live>>>,
    closed: AtomicBool,
    pub(super) supervisor: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
    pub(super) fn new(settings: LinkSettings, resolver: Resolver, ears: Ears) -> Self {
        let figures = Figures::default();
        Self {
            settings,
            resolver,
            ears: figures.counting(ears),
            figures,
            live: ArcSwapOption::empty(),
            phase: watch::channel(Phase::Connecting).0,
            callers: Arc::default(),
            durable: Durable::default(),
            last: Mutex::default(),
            closed: AtomicBool::new(false),
            supervisor: Mutex::new(None),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the link for good, and ends its supervisor, whose task is given back.
    pub(super) fn close(&self) -> Option<JoinHandle<()>> {
        self.closed.store(true, Ordering::Release);
        let supervisor = self.supervisor.lock().take();
        supervisor.inspect(JoinHandle::abort)
    }

    /// There will be no connection any more.
    pub(super) fn end(&self) {
        self.live.store(None);
        self.succeed(None);
        self.go_down(Fault::Down);
    }

    pub(super) fn publish(&self, live: Arc<Live>) {
        self.succeed(Some(Arc::clone(&live)));
        let denied = live.denied.clone();
        self.live.store(Some(live));
        self.figures.connected();
        self.tell(LinkEvent::Up);
        for fault in denied {
            self.tell(LinkEvent::Denied(fault));
        }
        self.phase.send_replace(Phase::Up);
    }

    pub(super) fn withdraw(&self, cause: Fault) {
        self.live.store(None);
        if cause == Fault::Replaced {
            // It still said to be a master, and what it vouched for may have changed on the other.
            self.succeed(None);
        }
        self.go_down(cause);
    }

    /// Gives up a connection that turned out to be of no use, for all.
    pub(super) fn give_up(&self, live: &Arc<Live>) {
        self.live.compare_and_swap(live, None);
    }

    /// Nobody watches the connection any longer, so the next use starts over.
    pub(super) fn start_over(&self) {
        self.live.store(None);
        self.phase.send_replace(Phase::Connecting);
    }

    /// What rests on the connection before is checked before it is served again.
    fn succeed(&self, next: Option<Arc<Live>>) {
        let before = std::mem::replace(&mut *self.last.lock(), next);
        if let Some(before) = before {
            before.epoch.end();
        }
    }

    /// The breaker is half open: it closes if the attempt that begins now succeeds.
    pub(super) fn probe(&self) {
        self.phase.send_if_modified(|phase| {
            if let Phase::Down { is_probed, .. } = phase {
                *is_probed = true;
            }
            false
        });
    }

    /// The server answered: those who wait for the first attempt go on waiting.
    pub(super) fn step(&self) {
        self.phase.send_modify(|_| ());
    }

    /// The first attempt takes longer than a command may, so callers wait for it no more.
    pub(super) fn give_up_waiting(&self) {
        let is_news = self.phase.send_if_modified(|phase| {
            matches!(phase, Phase::Connecting) && phase.go_down(Fault::Timeout)
        });
        if is_news && !self.is_closed() {
            self.tell(LinkEvent::Down(Fault::Timeout));
        }
    }

    /// Tells of an outage when it begins and when its cause changes, not at each attempt.
    pub(super) fn go_down(&self, cause: Fault) {
        let is_news = self.phase.send_if_modified(|phase| phase.go_down(cause));
        if is_news && !self.is_closed() {
            self.tell(LinkEvent::Down(cause));
        }
    }

    fn tell(&self, event: LinkEvent) {
        (self.ears.event)(&self.settings.shown(), event);
    }
}
