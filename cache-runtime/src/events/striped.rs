//! A counter that threads add to without sharing a cache line.

use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

/// How many threads have a stripe of their own, to which they add without a locked instruction.
const OWN: usize = 16;

/// How many stripes the threads past those share.
const SHARED: usize = 4;

/// Which stripes are free, and how many were given out.
static FREE: Mutex<Free> = Mutex::new(Free {
    given: 0,
    back: Vec::new(),
});

struct Free {
    given: usize,
    back: Vec<usize>,
}

/// The stripe of one thread, given back when it ends.
struct Stripe(usize);

impl Stripe {
    fn take() -> Self {
        let mut free = FREE.lock();
        let back = free.back.pop();
        Self(back.unwrap_or_else(|| {
            free.given += 1;
            free.given - 1
        }))
    }
}

impl Drop for Stripe {
    fn drop(&mut self) {
        // Who takes it next sees what was added: the lock is between the two.
        FREE.lock().back.push(self.0);
    }
}

thread_local! {
    static STRIPE: Stripe = Stripe::take();
}

/// Counts hits, where one counter that two threads share would cost them more than the rest of a hit.
#[derive(Debug, Default)]
pub(crate) struct Striped {
    own: [CachePadded<AtomicU64>; OWN],
    shared: [CachePadded<AtomicU64>; SHARED],
}

impl Striped {
    #[inline]
    pub(crate) fn add_one(&self) {
        // A thread that is ending shares the first.
        let stripe = STRIPE.try_with(|stripe| stripe.0).unwrap_or(OWN);
        match self.own.get(stripe) {
            // No other thread adds to it.
            Some(own) => own.store(own.load(Ordering::Relaxed) + 1, Ordering::Relaxed),
            None => {
                self.shared[stripe % SHARED].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn sum(&self) -> u64 {
        let all = self.own.iter().chain(&self.shared);
        all.map(|one| one.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_add_is_lost_across_threads() {
        let counter = Striped::default();
        // More than have a stripe of their own, all at once; then others, which take over theirs.
        for _ in 0..2 {
            std::thread::scope(|scope| {
                for _ in 0..OWN * 2 {
                    scope.spawn(|| (0..1_000).for_each(|_| counter.add_one()));
                }
            });
        }
        assert_eq!(counter.sum(), OWN as u64 * 4 * 1_000);
    }
}
