//! What is counted of a link, over all connections that it had.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::ears::{Ears, Hear};
use crate::clock::{Clock, Moment};
use crate::events::Times;
use crate::redis::terms::news::{LinkFigures, Pushed};

/// The figures of one link.
#[derive(Debug, Default)]
pub(super) struct Figures {
    round_trip: Times,
    pushes: Arc<AtomicU64>,
    connections: AtomicU64,
    /// When the last heartbeat was sent that was answered, on the kernel's clock; zero before the first.
    beaten: AtomicU64,
}

impl Figures {
    /// The same listeners, whose pushes are counted.
    pub(super) fn counting(&self, ears: Ears) -> Ears {
        let (pushes, hear) = (Arc::clone(&self.pushes), ears.push);
        let push: Hear = Arc::new(move |pushed: Pushed<'_>| {
            pushes.fetch_add(1, Ordering::Relaxed);
            hear(pushed);
        });
        Ears { push, ..ears }
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// A heartbeat sent then was answered, after so long.
    pub(super) fn beaten(&self, sent: Moment, took: Duration) {
        self.round_trip.record(took);
        self.beaten.fetch_max(sent.0, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> LinkFigures {
        let beaten = Moment(self.beaten.load(Ordering::Relaxed));
        let age = Clock::default().now().ms_since(beaten);
        LinkFigures {
            round_trip: self.round_trip.snapshot(),
            pushes: self.pushes.load(Ordering::Relaxed),
            heartbeat_age: (beaten.0 > 0).then(|| Duration::from_millis(age)),
            connections: self.connections.load(Ordering::Relaxed),
        }
    }
}
