//! How a connection is, and what it tells of its own accord.

use std::time::Duration;

use super::fault::Fault;
use crate::clock::Moment;
use crate::events::HistogramSnapshot;
use crate::stamp::Vouch;

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
    pub(crate) figures: LinkFigures,
}

/// What was counted of one link, over all connections that it had.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkFigures {
    /// Of heartbeats.
    pub(crate) round_trip: HistogramSnapshot,
    /// Keys that the node told of as changed.
    pub(crate) pushes: u64,
    /// Since the sending of the last heartbeat that was answered.
    pub(crate) heartbeat_age: Option<Duration>,
    pub(crate) connections: u64,
}

impl LinkReport {
    /// Whether the node tells this process of changes now.
    pub(crate) fn is_told(&self, now: Moment) -> bool {
        let holds = |vouch: &Vouch| vouch.cells().iter().all(|cell| cell.holds(now));
        (self.vouch.as_ref()).is_some_and(|vouch| vouch.pushes() && holds(vouch))
    }
}

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
