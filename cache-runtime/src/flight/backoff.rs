//! A pause between two tries of an origin that fails, while a stale value is served: by key, for all
//! the callers of a process.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::clock::Moment;
use crate::memory::{Computed, Kept};

/// The first pause, in milliseconds; each next one is twice as long.
const SHORTEST_MS: u64 = 250;

const LONGEST_MS: u64 = 8_000;

/// A key that nobody tried for this long, in milliseconds, has failed for the first time when it fails again.
const FORGOTTEN_MS: u64 = 60_000;

/// How many keys are known at once. One that is pushed out is tried again too soon, and no more.
const MOST: usize = 4_096;

/// The keys whose last load failed with a stale value there.
#[derive(Debug, Default)]
pub(crate) struct Backoffs {
    failing: Mutex<HashMap<Kept, Failing, BuildHasherDefault<Computed>>>,
    /// How many there are, so that nobody takes the lock where there is none.
    count: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
struct Failing {
    pause_ms: u64,
    next_try: Moment,
}

impl Failing {
    fn is_forgotten(&self, now: Moment) -> bool {
        now.ms_since(self.next_try) >= FORGOTTEN_MS
    }
}

impl Backoffs {
    /// Whether a load of this key failed so lately that it is not tried again now.
    pub(crate) fn is_resting(&self, key: &Kept, now: Moment) -> bool {
        self.count.load(Ordering::Acquire) > 0
            && self
                .failing
                .lock()
                .get(key)
                .is_some_and(|failing| now < failing.next_try)
    }

    /// Notes that a load failed; when to try again.
    pub(crate) fn failed(&self, key: &Kept, now: Moment) -> Moment {
        let mut failing = self.failing.lock();
        let pause_ms = match failing.get(key) {
            // Another load failed beside it: that one began the pause.
            Some(found) if now < found.next_try => return found.next_try,
            Some(found) if !found.is_forgotten(now) => (found.pause_ms * 2).min(LONGEST_MS),
            _ => SHORTEST_MS,
        };
        if failing.len() >= MOST {
            make_room(&mut failing, now);
        }
        // From half of it on, so that processes that failed together do not try together.
        let next_try = now.plus_ms(rand::random_range(pause_ms / 2..=pause_ms));
        failing.insert(key.clone(), Failing { pause_ms, next_try });
        self.count.store(failing.len(), Ordering::Release);
        next_try
    }

    /// A load gave a value: the next failure is the first.
    pub(crate) fn succeeded(&self, key: &Kept) {
        if self.count.load(Ordering::Acquire) > 0 {
            let mut failing = self.failing.lock();
            failing.remove(key);
            self.count.store(failing.len(), Ordering::Release);
        }
    }
}

fn make_room(failing: &mut HashMap<Kept, Failing, BuildHasherDefault<Computed>>, now: Moment) {
    failing.retain(|_, failing| !failing.is_forgotten(now));
    if failing.len() >= MOST
        && let Some(any) = failing.keys().next().cloned()
    {
        failing.remove(&any);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> Kept {
        Kept {
            site: 1,
            hash: n,
            parts: n.to_be_bytes().into(),
        }
    }

    #[test]
    fn each_failure_doubles_the_pause_up_to_the_longest() {
        let backoffs = Backoffs::default();
        let mut now = Moment(1);
        for longest in [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000] {
            assert!(!backoffs.is_resting(&key(1), now));
            let next = backoffs.failed(&key(1), now);
            assert!((longest / 2..=longest).contains(&next.ms_since(now)));
            assert!(backoffs.is_resting(&key(1), Moment(next.0 - 1)));
            assert!(!backoffs.is_resting(&key(2), now));
            now = next;
        }
    }

    #[test]
    fn those_who_fail_together_are_one_failure() {
        let backoffs = Backoffs::default();
        let next = backoffs.failed(&key(1), Moment(1));
        assert_eq!(backoffs.failed(&key(1), Moment(2)), next);
        assert!(backoffs.failed(&key(1), next).ms_since(next) <= 500);
    }

    #[test]
    fn a_success_or_a_minute_ends_it() {
        let backoffs = Backoffs::default();
        let next = backoffs.failed(&key(1), Moment(1));
        backoffs.succeeded(&key(1));
        assert!(!backoffs.is_resting(&key(1), Moment(1)));
        let next = backoffs.failed(&key(1), next);
        let much_later = next.plus_ms(FORGOTTEN_MS);
        let again = backoffs.failed(&key(1), much_later);
        assert!(again.ms_since(much_later) <= SHORTEST_MS);
    }

    #[test]
    fn the_table_stays_small() {
        let backoffs = Backoffs::default();
        for n in 0..2 * MOST as u64 {
            backoffs.failed(&key(n), Moment(1));
        }
        assert_eq!(backoffs.failing.lock().len(), MOST);
        backoffs.failed(&key(0), Moment(1).plus_ms(2 * FORGOTTEN_MS));
        assert_eq!(backoffs.failing.lock().len(), 1);
    }
}
