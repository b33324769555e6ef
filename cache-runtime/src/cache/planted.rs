//! A bug on purpose, so that the history checker can show that it would find one.

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
