//! When two nodes took themselves for the master of the same keys.
//!
//! That is what the cache does not promise anything for: each acknowledges what the other never
//! hears of. So it is judged apart, and everything else is not.

#[cfg(test)]
mod tests;

use super::judge::{Invalidation, Rules};

/// One such time, in nanoseconds of [`super::time::now`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// When the fault began. What failed from here on is owed, and may be done by either master.
    pub(super) struck: u64,
    /// When there may have been a second master that answers: when a replica was told to take over,
    /// or when a master that had been replaced while it was stopped went on.
    pub(super) from: u64,
    /// When the old one had said that it is none any more.
    pub(super) until: u64,
    /// Whether no fault was to replace a master: a busy machine has it taken for dead.
    pub(super) by_accident: bool,
}

/// All of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows(pub(super) Vec<Window>);

impl Windows {
    /// Whether a read that began then may have been answered by either. One from memory rests on
    /// the last heartbeat that the old master answered, so in `bounded` reads on for `lag`.
    pub(super) fn have_read(&self, began: u64, rules: Rules) -> bool {
        let known = |window: &Window| rules.holds_after(window.until);
        self.0
            .iter()
            .any(|window| (window.from..=known(window)).contains(&began))
    }

    /// Whether an invalidation may have been acknowledged by the old master alone: then it is lost
    /// for good. One that failed is retried at a time that nobody noted.
    pub(super) fn may_have_lost(&self, by: &Invalidation) -> bool {
        self.0.iter().any(|window| {
            let from = if by.ok { window.from } else { window.struck };
            by.began <= window.until && by.ended >= from
        })
    }

    /// How long they were together, in nanoseconds.
    pub(super) fn took(&self) -> u64 {
        let took = |window: &Window| window.until - window.from;
        self.0.iter().map(took).sum()
    }
}
