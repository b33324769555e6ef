//! Those who wait for the same server at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// So many at once are no crowd, and add nothing.
const FEW: usize = 16;

/// What each of more adds to the time that one is waited for: many times what a server takes for a
/// command, which it has to do for other processes too.
const EACH: Duration = Duration::from_millis(1);

/// And the most that they add together.
pub(crate) const MOST: Duration = Duration::from_secs(1);

/// Counts them, so that a burst of a process's own is not taken for a slow server: the answer to the
/// thousandth of a thousand commands sent at once comes behind those to all others.
#[derive(Debug, Default)]
pub(crate) struct Crowd(AtomicUsize);

/// A place in it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    crowd: &'a Crowd,
    /// How many were there.
    pub(crate) before: usize,
}

impl Crowd {
    pub(crate) fn enter(&self) -> Turn<'_> {
        Turn {
            crowd: self,
            before: self.0.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Turn<'_> {
    /// How much longer it may take for those that were there before it.
    pub(crate) fn extra(&self) -> Duration {
        extra(self.before)
    }

    /// How much longer it may take for all others that are there now.
    pub(crate) fn extra_now(&self) -> Duration {
        extra(self.crowd.0.load(Ordering::Relaxed).saturating_sub(1))
    }
}

fn extra(others: usize) -> Duration {
    let others = u32::try_from(others.saturating_sub(FEW)).unwrap_or(u32::MAX);
    EACH.saturating_mul(others).min(MOST)
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.crowd.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_adds_its_share_while_it_is_there_and_all_together_no_more_than_the_most() {
        let crowd = Crowd::default();
        let few: Vec<_> = (0..FEW).map(|_| crowd.enter()).collect();
        assert!(few.iter().all(|turn| turn.extra_now().is_zero()));
        let first = crowd.enter();
        let second = crowd.enter();
        assert_eq!((first.extra(), first.extra_now()), (Duration::ZERO, EACH));
        assert_eq!((second.extra(), second.extra_now()), (EACH, EACH));
        drop(first);
        assert_eq!(
            (second.extra(), second.extra_now()),
            (EACH, Duration::ZERO),
            "what was sent before it stays before it"
        );
        drop(second);
        assert_eq!(crowd.enter().extra(), Duration::ZERO);
        let all: Vec<_> = (0..100_000).map(|_| crowd.enter()).collect();
        assert!(
            all.iter()
                .all(|turn| turn.extra() <= MOST && turn.extra_now() == MOST)
        );
    }
}
