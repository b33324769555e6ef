//! The outage that is, or that comes next: what is loaded in one may be served on for as long as it
//! lasts.

use std::sync::Arc;

use parking_lot::Mutex;

use super::Cell;

/// Holds a cell for what is loaded until Redis is back. Its changes are pushed to nobody, so it is
/// served in no later outage: Redis may have had an invalidation of it between the two.
#[derive(Debug)]
pub(crate) struct Outage(Mutex<Arc<Cell>>);

impl Default for Outage {
    fn default() -> Self {
        Self(Mutex::new(Arc::new(Cell::lasting())))
    }
}

impl Outage {
    pub(crate) fn cell(&self) -> Arc<Cell> {
        Arc::clone(&self.0.lock())
    }

    /// Redis is back: what was loaded before is checked before it is served.
    pub(crate) fn end(&self) {
        let before = std::mem::replace(&mut *self.0.lock(), Arc::new(Cell::lasting()));
        before.flip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outage_has_a_cell_that_its_end_flips() {
        let outage = Outage::default();
        let first = outage.cell();
        assert!(Arc::ptr_eq(&first, &outage.cell()) && !first.is_flipped());
        outage.end();
        assert!(first.is_flipped() && !outage.cell().is_flipped());
    }
}
