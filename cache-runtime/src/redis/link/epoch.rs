//! For how long what was read on a connection may be trusted.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::clock::Moment;
use crate::stamp::{Cell, Vouch};

/// The present epoch of a connection. It ends when another connection takes its place, and when the
/// node turns out not to have some slot any more, as changes there are then no longer pushed.
#[derive(Debug)]
pub(super) struct Epoch {
    state: Mutex<State>,
    pushes: bool,
}

#[derive(Debug)]
struct State {
    cell: Arc<Cell>,
    until: Moment,
    is_over: bool,
}

impl Epoch {
    /// Where the node pushes changes it holds until then, and is extended; elsewhere it only tells
    /// one connection from the next.
    pub(super) fn begin(until: Moment, pushes: bool) -> Self {
        let until = if pushes { until } else { Moment(u64::MAX) };
        Self {
            state: Mutex::new(State {
                cell: Arc::new(Cell::until(until)),
                until,
                is_over: false,
            }),
            pushes,
        }
    }

    /// Taken before a command is sent: what comes of it rests on this.
    pub(super) fn vouch(&self) -> Vouch {
        Vouch::of(Arc::clone(&self.state.lock().cell), self.pushes)
    }

    pub(super) fn extend(&self, until: Moment) {
        let mut state = self.state.lock();
        state.until = state.until.max(until);
        state.cell.extend(until);
    }

    /// What was read before is checked before it is served again; what is read from now on holds as
    /// long as that would have.
    pub(super) fn renew(&self) {
        let mut state = self.state.lock();
        if !state.is_over {
            state.cell.flip();
            state.cell = Arc::new(Cell::until(state.until));
        }
    }

    /// Another connection takes over: nothing read on this one is trusted any more.
    pub(super) fn end(&self) {
        let mut state = self.state.lock();
        state.is_over = true;
        state.cell.flip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(vouch: &Vouch, at: u64) -> bool {
        vouch.cells().iter().all(|cell| cell.holds(Moment(at)))
    }

    #[test]
    fn a_renewal_ends_what_was_read_before_and_no_more() {
        let epoch = Epoch::begin(Moment(10), true);
        let before = epoch.vouch();
        epoch.extend(Moment(20));
        assert!(holds(&before, 19));
        epoch.renew();
        let after = epoch.vouch();
        assert!(before.is_flipped() && holds(&after, 19) && !holds(&after, 20));
    }

    #[test]
    fn nothing_begins_after_the_end() {
        let epoch = Epoch::begin(Moment(10), true);
        epoch.end();
        epoch.renew();
        epoch.extend(Moment(99));
        assert!(epoch.vouch().is_flipped());
    }

    #[test]
    fn without_pushes_it_only_tells_connections_apart() {
        let epoch = Epoch::begin(Moment(10), false);
        let vouch = epoch.vouch();
        assert!(!vouch.pushes() && holds(&vouch, u64::MAX - 1));
        epoch.end();
        assert!(vouch.is_flipped());
    }
}
