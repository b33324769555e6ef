//! What an answer of Redis rests on.

use std::sync::Arc;

use super::{Cell, Vouch, Watch};
use crate::clock::Moment;

/// The cells of what was read, the connections that it was read on, and since when: all that tells
/// whether a value made of it may still be served.
///
/// A connection is a cell, so what memory and a flight look at is one [`watch`](Self::watch) of both; and
/// where a connection does not push, an end.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    /// Registered before anything was read: the entry's first.
    cells: Watch,
    vouch: Vouch,
    /// When the oldest of the reads was sent, or earlier.
    since: Moment,
}

impl Basis {
    pub(crate) fn new(cells: Watch, vouch: Vouch, since: Moment) -> Self {
        Self {
            cells,
            vouch,
            since,
        }
    }

    /// This basis with more cells that it turned out to rest on.
    #[must_use]
    pub(crate) fn and(&self, more: &[Arc<Cell>]) -> Self {
        self.on(self.cells.and(more))
    }

    /// This basis with other cells of what was read on its connections.
    #[must_use]
    pub(crate) fn on(&self, cells: Watch) -> Self {
        Self {
            cells,
            vouch: self.vouch.clone(),
            since: self.since,
        }
    }

    /// This basis, whose connections can't be relied on to tell of changes.
    #[must_use]
    pub(crate) fn unpushed(self) -> Self {
        Self {
            vouch: self.vouch.unpushed(),
            ..self
        }
    }

    /// And on these connections, which may be others.
    pub(crate) fn also(&mut self, vouch: &Vouch) {
        self.vouch.also(vouch);
    }

    /// The cells of what was read, without those of the connections.
    pub(crate) fn cells(&self) -> &Watch {
        &self.cells
    }

    /// All the cells it rests on: a value is served while they hold.
    pub(crate) fn watch(&self) -> Watch {
        self.cells.and(self.vouch.cells())
    }

    /// Whether nothing of it was invalidated, and its connections vouch for that.
    pub(crate) fn holds(&self, now: Moment) -> bool {
        self.cells.holds(now) && self.vouch.cells().iter().all(|cell| cell.holds(now))
    }

    /// The end of it whatever its cells say: of what nobody pushes, `lag` after it was asked for.
    pub(crate) fn until(&self, lag_ms: u64) -> Moment {
        match self.vouch.pushes() {
            true => Moment(u64::MAX),
            false => self.since.plus_ms(lag_ms),
        }
    }

    /// Whether each of its connections tells of changes.
    pub(crate) fn pushes(&self) -> bool {
        self.vouch.pushes()
    }

    /// Whether one of its connections was replaced since.
    pub(crate) fn is_cut(&self) -> bool {
        self.vouch.is_flipped()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cells, Subject};
    use super::*;

    const LAG_MS: u64 = 10;

    #[test]
    fn it_ends_with_any_cell_with_any_connection_and_without_pushes_after_the_lag() {
        let (cells, link) = (Cells::default(), Arc::new(Cell::until(Moment(50))));
        let tag = Subject::Tag("a".into());
        let on = |pushes| {
            let vouch = Vouch::of(Arc::clone(&link), pushes);
            Basis::new(cells.watch(std::slice::from_ref(&tag)), vouch, Moment(1))
        };
        let pushed = on(true);
        assert_eq!(pushed.until(LAG_MS), Moment(u64::MAX));
        assert!(pushed.holds(Moment(49)) && pushed.watch().holds(Moment(49)));
        assert!(!pushed.holds(Moment(50)) && !pushed.watch().holds(Moment(50)));
        assert_eq!(on(false).until(LAG_MS), Moment(11));
        assert_eq!(pushed.clone().unpushed().until(LAG_MS), Moment(11));
        let more = pushed.and(&[Arc::new(Cell::until(Moment(5)))]);
        assert!(more.holds(Moment(4)) && !more.holds(Moment(5)));
        cells.flip(&tag);
        assert!(!pushed.holds(Moment(2)) && !pushed.is_cut());
        link.flip();
        assert!(pushed.is_cut());
    }
}
