//! How many values of a site are still to be looked at, and whether a loss was told.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Of a site's values the first few are looked at: not each shows what its type loses.
const LOOKS: u32 = 16;

#[derive(Debug)]
pub(crate) struct Losses {
    left: AtomicU32,
    told: AtomicBool,
}

impl Default for Losses {
    fn default() -> Self {
        Self {
            left: AtomicU32::new(LOOKS),
            told: AtomicBool::new(false),
        }
    }
}

impl Losses {
    /// Whether to look at one value more.
    pub(crate) fn look(&self) -> bool {
        if self.told.load(Ordering::Relaxed) {
            return false;
        }
        let less = |left: u32| left.checked_sub(1);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.left.fetch_update(set, get, less).is_ok()
    }

    /// A loss was found; whether it is the first.
    pub(crate) fn found(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_are_looked_at_and_none_once_a_loss_was_told() {
        let losses = Losses::default();
        let looked = (0..2 * LOOKS).filter(|_| losses.look()).count();
        assert_eq!(looked, LOOKS as usize);
        let losses = Losses::default();
        assert!(losses.look());
        assert!(losses.found());
        assert!(!losses.found());
        assert!(!losses.look());
    }
}
