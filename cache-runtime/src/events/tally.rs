//! One call on its way, and what it is counted as when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::{CallEnd, Counters, Event, Served};
use crate::clock::Stopwatch;

/// What becomes of one call. Those who have a hand in it share this; where all of them are gone and none has ended it,
/// the call was dropped.
#[derive(Debug)]
pub(crate) struct Tally {
    counters: Arc<Counters>,
    began: Stopwatch,
    /// A [`CallEnd`]: that of what was served last.
    served: AtomicU8,
    /// What the body took, in nanoseconds; zero where it did not run, or has not ended.
    body_ns: AtomicU64,
    /// How many calls end with it: several where a batch asks for one id more than once. None are left once it has
    /// ended, and of what is no call there is none.
    calls: AtomicU32,
}

impl Tally {
    /// Of a call that begins now.
    pub(crate) fn of_call(counters: Arc<Counters>) -> Self {
        Self::of(counters, 1)
    }

    /// Of work that is no call: what a companion asks for, or a refresh in a task.
    pub(crate) fn of_none(counters: Arc<Counters>) -> Self {
        Self::of(counters, 0)
    }

    fn of(counters: Arc<Counters>, calls: u32) -> Self {
        Self {
            counters,
            began: Stopwatch::start(),
            served: AtomicU8::new(CallEnd::Loaded as u8),
            body_ns: AtomicU64::new(0),
            calls: AtomicU32::new(calls),
        }
    }

    /// Its call asks for the same as another, and ends with that.
    pub(crate) fn joins(&self, other: &Self) {
        let calls = self.calls.swap(0, Ordering::Relaxed);
        other.calls.fetch_add(calls, Ordering::Relaxed);
    }

    /// Whether what was served last is a fresh hit of a tier.
    pub(crate) fn is_hit(&self) -> bool {
        let served = self.served.load(Ordering::Relaxed);
        [CallEnd::Memory, CallEnd::Redis]
            .map(|end| end as u8)
            .contains(&served)
    }

    /// Notes what an event says of how the call is served, and what its body took.
    pub(crate) fn note(&self, event: Event<'_>) {
        if let Event::Load { took, .. } = event {
            let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            self.body_ns.fetch_add(ns, Ordering::Relaxed);
        }
        if let Some(served) = Served::of(event) {
            self.served(served);
        }
    }

    pub(crate) fn served(&self, served: Served) {
        self.served
            .store(CallEnd::of(served) as u8, Ordering::Relaxed);
    }

    /// The call has ended, with a value or with an error; counted the first time alone.
    pub(crate) fn end(&self, is_ok: bool) {
        let calls = self.calls.swap(0, Ordering::Relaxed);
        if calls == 0 {
            return;
        }
        let end = match is_ok {
            true => CallEnd::from_byte(self.served.load(Ordering::Relaxed)),
            false => CallEnd::Failed,
        };
        self.counters.ended(end, calls);
        match (end, self.body_ns.load(Ordering::Relaxed)) {
            (CallEnd::Redis, _) => self.counters.redis_hit_took(self.began.elapsed()),
            // In a transaction nobody measures the body.
            (CallEnd::Loaded, 1..) => self.counters.own_took(self.own()),
            _ => {}
        }
    }

    /// What the cache took of the time since the call began.
    fn own(&self) -> Duration {
        let body = Duration::from_nanos(self.body_ns.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(body)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let calls = *self.calls.get_mut();
        if calls > 0 {
            self.counters.ended(CallEnd::Cancelled, calls);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{CallStats, Tier};

    fn counted(act: impl FnOnce(&Tally)) -> CallStats {
        let counters = Arc::<Counters>::default();
        let tally = Tally::of_call(Arc::clone(&counters));
        act(&tally);
        drop(tally);
        counters.snapshot().calls
    }

    #[test]
    fn a_call_is_counted_once_as_what_served_it_last() {
        let calls = counted(|tally| {
            tally.note(Event::FollowerCame);
            tally.note(Event::Hit(Tier::Redis));
            tally.end(true);
            tally.end(false);
        });
        assert_eq!((calls.redis, calls.total()), (1, 1));
    }

    #[test]
    fn one_that_nobody_ends_was_dropped() {
        let calls = counted(|tally| tally.note(Event::Hit(Tier::Redis)));
        assert_eq!((calls.cancelled, calls.total()), (1, 1));
    }

    #[test]
    fn those_that_ask_for_the_same_end_together() {
        let calls = counted(|tally| {
            Tally::of_call(Arc::clone(&tally.counters)).joins(tally);
            tally.end(false);
        });
        assert_eq!((calls.failed, calls.total()), (2, 2));
    }

    #[test]
    fn what_is_no_call_is_not_counted() {
        let counters = Arc::<Counters>::default();
        let tally = Tally::of_none(Arc::clone(&counters));
        tally.end(true);
        drop(tally);
        assert_eq!(counters.snapshot().calls.total(), 0);
    }
}
