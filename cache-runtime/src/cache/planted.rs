//! A planted bug, by which the history checker shows that it would find one. Only a build with the
//! feature `__planted` has it, which the checker's package asks for.

use super::CacheBuilder;

impl CacheBuilder {
    /// Has memory serve without a look at the cells.
    #[doc(hidden)]
    #[must_use]
    pub fn __skip_cells(mut self) -> Self {
        self.skip_cells = true;
        self
    }
}
