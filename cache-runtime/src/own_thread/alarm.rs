//! Timers for what mostly ends before them: late by some milliseconds, and cheap.
//!
//! A timer of tokio's on another thread takes that thread's lock, and wakes the thread where it is the
//! next to end, which costs more than what most of these guard. Here an alarm is a place in a list that
//! the thread looks through every few milliseconds, as long as anybody sets one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[cfg(test)]
use futures_util::{FutureExt as _, future::Either};
use parking_lot::Mutex;
use slab::Slab;

use crate::clock::{Clock, Moment};

/// How often the list is looked at.
const TICK: Duration = Duration::from_millis(3);

/// By how much an alarm is late at most on a process that is on time: a tick, and a step of tokio's timers.
pub(crate) const LATE: Duration = Duration::from_millis(5);

/// After this many ticks without an alarm the list is not looked at any more, until the next alarm.
const IDLE_TICKS: u32 = 300;

/// The list is cut by the time that alarms end, so that a tick looks at few of them.
const SLOTS: usize = 64;

/// How much time a slot stands for, in milliseconds.
const SLOT_MS: u64 = 4;

static ALARMS: Alarms = Alarms {
    slots: [const { Mutex::new(Slab::new()) }; SLOTS],
    count: AtomicUsize::new(0),
    is_looked_at: AtomicBool::new(false),
};

struct Alarms {
    slots: [Mutex<Slab<Set>>; SLOTS],
    count: AtomicUsize,
    is_looked_at: AtomicBool,
}

/// An alarm that is set.
struct Set {
    ends: Moment,
    /// Nobody once it went off.
    waker: Option<Waker>,
}

/// Waits for a future up to `limit`; `None` if that was not enough. The future is looked at first.
pub(crate) fn within<F: Future + Unpin>(
    limit: Duration,
    future: F,
) -> impl Future<Output = Option<F::Output>> {
    let alarm = Alarm::Unset(limit);
    let within = Within { future, alarm };
    #[cfg(test)]
    if crate::clock::is_tokios() {
        return Either::Left(super::timeout(limit, within.future).map(Result::ok));
    }
    #[cfg(test)]
    let within = Either::Right(within);
    within
}

/// A future and the end of the wait for it: no more than that, as most calls hold one.
struct Within<F> {
    future: F,
    alarm: Alarm,
}

impl<F: Future + Unpin> Future for Within<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match Pin::new(&mut self.future).poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.alarm.poll(context).map(|()| None),
        }
    }
}

/// Goes off once, and is taken off the list when it is dropped.
enum Alarm {
    Unset(Duration),
    Set { slot: usize, place: usize },
}

impl Alarm {
    fn poll(&mut self, context: &Context<'_>) -> Poll<()> {
        let now = Clock::default().now();
        match self {
            Self::Unset(limit) => {
                let ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                let ends = now.plus_ms(ms.max(1));
                if limit.is_zero() {
                    return Poll::Ready(());
                }
                let (slot, waker) = (slot(ends), Some(context.waker().clone()));
                let place = ALARMS.slots[slot].lock().insert(Set { ends, waker });
                *self = Self::Set { slot, place };
                ALARMS.count.fetch_add(1, Ordering::SeqCst);
                ALARMS.look();
                // Its place may have been looked at while it was on its way there.
                if Clock::default().now() >= ends {
                    return Poll::Ready(());
                }
            }
            Self::Set { slot, place } => {
                let mut slot = ALARMS.slots[*slot].lock();
                let Some(set) = slot.get_mut(*place).filter(|set| now < set.ends) else {
                    return Poll::Ready(());
                };
                let mine = context.waker();
                let other = set.waker.take_if(|waker| !waker.will_wake(mine));
                set.waker.get_or_insert_with(|| mine.clone());
                drop(slot);
                // Outside the lock, as a waker may run any code when it is dropped.
                drop(other);
            }
        }
        Poll::Pending
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Self::Set { slot, place } = *self {
            let set = ALARMS.slots[slot].lock().try_remove(place);
            ALARMS.count.fetch_sub(1, Ordering::Relaxed);
            drop(set);
        }
    }
}

fn slot(ends: Moment) -> usize {
    usize::try_from(ends.0 / SLOT_MS % SLOTS as u64).unwrap_or(0)
}

impl Alarms {
    /// Sees to it that the list is looked at.
    fn look(&'static self) {
        if !self.is_looked_at.load(Ordering::SeqCst)
            && !self.is_looked_at.swap(true, Ordering::SeqCst)
            && super::spawn_silent(self.tick()).is_err()
        {
            self.is_looked_at.store(false, Ordering::SeqCst);
        }
    }

    /// Looks at the list until nobody has set an alarm for a while.
    async fn tick(&'static self) {
        let _looks = Looks(self);
        let (clock, mut idle) = (Clock::default(), 0);
        // The first look is at the whole list: it may be late for what it was begun for.
        let mut seen = Moment(clock.now().0.saturating_sub(SLOT_MS * SLOTS as u64));
        while idle < IDLE_TICKS {
            tokio::time::sleep(TICK).await;
            let now = clock.now();
            self.go_off(seen, now);
            seen = now;
            idle = match self.count.load(Ordering::Relaxed) {
                0 => idle + 1,
                _ => 0,
            };
        }
    }

    /// Wakes those whose time has come since it was last looked.
    fn go_off(&self, seen: Moment, now: Moment) {
        let first = seen.0 / SLOT_MS;
        let slots = (now.0 / SLOT_MS - first + 1).min(SLOTS as u64);
        let mut woken = Vec::new();
        for at in first..first + slots {
            let mut slot = self.slots[slot(Moment(at * SLOT_MS))].lock();
            for (_, set) in slot.iter_mut() {
                if set.ends <= now {
                    woken.extend(set.waker.take());
                }
            }
        }
        for waker in woken {
            // One that panics takes the others' alarms along with none of them.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

/// The right to look at the list, given up when the thread's task ends, however it does.
struct Looks(&'static Alarms);

impl Drop for Looks {
    fn drop(&mut self) {
        self.0.is_looked_at.store(false, Ordering::SeqCst);
        // One that was set meanwhile found it looked at.
        if self.0.count.load(Ordering::SeqCst) > 0 {
            self.0.look();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::future::join_all;
    use tokio::runtime::Builder;

    use super::*;
    use crate::clock::Stopwatch;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn an_alarm_goes_off_on_any_executor_and_what_ends_before_it_is_given() {
        let bare = Builder::new_current_thread().build().unwrap();
        let start = Stopwatch::start();
        assert_eq!(bare.block_on(within(40 * MS, pending::<()>())), None);
        // The clock by which it goes off has steps of its own.
        assert!(start.elapsed() >= 30 * MS, "{:?}", start.elapsed());
        assert_eq!(bare.block_on(within(40 * MS, ready(7))), Some(7));
        assert_eq!(bare.block_on(within(Duration::ZERO, ready(7))), Some(7));
        assert_eq!(bare.block_on(within(Duration::ZERO, pending::<()>())), None);
    }

    #[tokio::test]
    async fn alarms_of_all_lengths_go_off_each_in_its_time() {
        let start = Stopwatch::start();
        let one = async |ms: u32| {
            assert_eq!(within(ms * MS, pending::<()>()).await, None);
            let took = start.elapsed();
            assert!(took + 10 * MS >= ms * MS, "{took:?} for {ms} ms");
        };
        join_all((1..600).step_by(7).map(one)).await;
    }

    #[tokio::test]
    async fn the_list_is_looked_at_again_after_it_was_left_alone() {
        for _ in 0..2 {
            assert_eq!(within(2 * MS, pending::<()>()).await, None);
            tokio::time::sleep(TICK * IDLE_TICKS / 2).await;
        }
    }
}
