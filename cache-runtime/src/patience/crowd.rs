//! Those who wait for the same server at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Up to this many at once are no crowd, and add nothing.
const FEW: usize = 16;

/// What each of more adds to the time that one is waited for: many times what a server takes for a
/// command, which it has to do for other processes too, on processors that these may share with it.
const EACH: Duration = Duration::from_millis(2);

/// And the most that they add together.
pub(crate) const MOST: Duration = Duration::from_secs(2);

/// Counts them, so that a burst of a process's own is not taken for a slow server: the answer to the
/// thousandth of a thousand commands sent at once comes behind those to all others.
#[derive(Debug, Default)]
pub(crate) struct Crowd(AtomicUsize);

/// The place of one in it, or of several that came together, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    crowd: Arc<Crowd>,
    /// How many were there.
    pub(crate) before: usize,
    /// How many came.
    count: usize,
}

impl Crowd {
    pub(crate) fn enter(self: &Arc<Self>) -> Turn {
        self.enter_with(1)
    }

    /// Enters `count` callers as one.
    pub(crate) fn enter_with(self: &Arc<Self>, count: usize) -> Turn {
        Turn {
            crowd: Arc::clone(self),
            before: self.0.fetch_add(count, Ordering::Relaxed),
            count,
        }
    }
}

impl Turn {
    /// How much longer it may take for those that were there before it, or came with it.
    pub(crate) fn extra(&self) -> Duration {
        extra((self.before + self.count).saturating_sub(1))
    }

    /// How much longer it may take for all that are there now besides one.
    pub(crate) fn extra_now(&self) -> Duration {
        extra(self.others())
    }

    /// How many there are now besides one, those that came with it among them.
    pub(crate) fn others(&self) -> usize {
        self.crowd.0.load(Ordering::Relaxed).saturating_sub(1)
    }
}

fn extra(others: usize) -> Duration {
    let others = u32::try_from(others.saturating_sub(FEW)).unwrap_or(u32::MAX);
    EACH.saturating_mul(others).min(MOST)
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.crowd.0.fetch_sub(self.count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_adds_its_share_while_it_is_there_and_all_together_no_more_than_the_most() {
        let crowd = Arc::<Crowd>::default();
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
        let together = crowd.enter_with(3);
        assert_eq!(
            (together.extra(), together.extra_now()),
            (2 * EACH, 2 * EACH)
        );
        drop(together);
        assert_eq!(crowd.enter().extra(), Duration::ZERO);
        let all: Vec<_> = (0..100_000).map(|_| crowd.enter()).collect();
        assert!(
            all.iter()
                .all(|turn| turn.extra() <= MOST && turn.extra_now() == MOST)
        );
    }
}
