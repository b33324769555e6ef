//! What vouches for an answer: the connections that it came over.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Cell;

/// The connections that something was read on, and whether each will tell of changes to it.
#[derive(Clone, Debug)]
pub(crate) struct Vouch {
    cells: SmallVec<[Arc<Cell>; 1]>,
    pushes: bool,
}

impl Vouch {
    /// Of nothing yet.
    pub(crate) fn empty() -> Self {
        Self {
            cells: SmallVec::new(),
            pushes: true,
        }
    }

    /// Of nothing that could tell of changes.
    #[cfg_attr(
        not(any(feature = "redis", test)),
        expect(dead_code, reason = "only a connection is mute")
    )]
    pub(crate) fn mute() -> Self {
        Self {
            cells: SmallVec::new(),
            pushes: false,
        }
    }

    /// Of one connection. Its cell is flipped when another takes its place.
    #[cfg_attr(
        not(any(feature = "redis", test)),
        expect(dead_code, reason = "only a connection vouches")
    )]
    pub(crate) fn of(cell: Arc<Cell>, pushes: bool) -> Self {
        let cells = SmallVec::from_buf([cell]);
        Self { cells, pushes }
    }

    /// These connections, which can't be relied on to tell of changes.
    pub(crate) fn unpushed(self) -> Self {
        Self {
            pushes: false,
            ..self
        }
    }

    /// And of these, which may be other connections.
    pub(crate) fn also(&mut self, other: &Self) {
        self.pushes &= other.pushes;
        for cell in &other.cells {
            if !self.cells.iter().any(|known| Arc::ptr_eq(known, cell)) {
                self.cells.push(Arc::clone(cell));
            }
        }
    }

    /// Whether every one of them tells of changes, for as long as its cell holds.
    pub(crate) fn pushes(&self) -> bool {
        self.pushes
    }

    pub(crate) fn cells(&self) -> &[Arc<Cell>] {
        &self.cells
    }

    /// Whether one of them was replaced since.
    pub(crate) fn is_flipped(&self) -> bool {
        self.cells.iter().any(|cell| cell.is_flipped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_of_each_connection_once_and_pushes_if_all_do() {
        let (one, other) = (Arc::new(Cell::lasting()), Arc::new(Cell::lasting()));
        let mut vouch = Vouch::empty();
        for cell in [&one, &other, &one] {
            vouch.also(&Vouch::of(Arc::clone(cell), true));
        }
        assert!(vouch.cells().len() == 2 && vouch.pushes() && !vouch.is_flipped());
        vouch.also(&Vouch::mute());
        assert!(!vouch.pushes());
        other.flip();
        assert!(vouch.is_flipped());
    }
}
