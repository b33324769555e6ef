//! What an annotation has the algorithm ask of its author's own code.
//!
//! Each is a field of [`Hooks`], which a [`Request`](super::Request) carries to where it is called, and a method
//! of [`Call`](super::Call), which generated code uses.

use std::fmt;

use crate::tag::TagsFrom;

/// What the algorithm is to ask.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    /// Whether an error reaches those who waited for the load.
    pub(crate) shares: bool,
    /// Whether the body can be dropped at its limit.
    pub(crate) is_limited: bool,
    pub(crate) tags_from: Option<TagsFrom>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
