//! When a connection is given up for its timeouts.

use std::sync::atomic::{AtomicU32, Ordering};

use super::WEIGHT;

/// Counts timeouts against answers. It opens after a given number of timeouts in a row, and after more where
/// over a third of the commands time out; a slow answer now and then never opens it.
#[derive(Debug)]
pub(in crate::redis::link) struct Breaker {
    score: AtomicU32,
    opens_at: u32,
}

impl Breaker {
    pub(in crate::redis::link) fn new(timeouts: u32) -> Self {
        Self {
            score: AtomicU32::new(0),
            opens_at: timeouts.saturating_mul(WEIGHT),
        }
    }

    pub(in crate::redis::link) fn answered(&self) {
        // Written only where it says something: every command comes here.
        if self.score.load(Ordering::Relaxed) != 0 {
            let less = |score: u32| score.checked_sub(1);
            let _ = self
                .score
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
    }

    /// Counts a timeout while `others` wait too; true if it is open now. Commands that were sent together
    /// come too late together, so a few in a row of very many are no more than one: then it opens after
    /// a third of them.
    pub(in crate::redis::link) fn timed_out(&self, others: usize) -> bool {
        let third = u32::try_from(others / 3).unwrap_or(u32::MAX);
        let opens_at = self.opens_at.max(third.saturating_mul(WEIGHT));
        let before = self.score.fetch_add(WEIGHT, Ordering::Relaxed);
        before.saturating_add(WEIGHT) >= opens_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many commands it opens, if each of which `fails` says so times out.
    fn opens_after(timeouts: u32, others: usize, fails: impl Fn(u32) -> bool) -> Option<u32> {
        let breaker = Breaker::new(timeouts);
        (1..=1_000).find(|n| match fails(*n) {
            true => breaker.timed_out(others),
            false => {
                breaker.answered();
                false
            }
        })
    }

    #[test]
    fn it_opens_after_timeouts_in_a_row_or_too_many_of_them() {
        assert_eq!(opens_after(3, 0, |_| true), Some(3));
        assert_eq!(opens_after(1, 0, |_| true), Some(1));
        assert_eq!(opens_after(3, 0, |_| false), None);
        assert!(opens_after(3, 0, |n| n % 2 == 0).is_some());
        assert_eq!(opens_after(3, 0, |n| n % 4 == 0), None);
    }

    #[test]
    fn a_few_in_a_row_of_very_many_are_no_outage_and_a_third_of_them_is() {
        assert_eq!(opens_after(3, 300, |n| (100..190).contains(&n)), None);
        assert_eq!(opens_after(3, 300, |_| true), Some(100));
    }
}
