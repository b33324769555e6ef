//! The refreshes that run in tasks: one a key, a limited number at once, all ended when the cache is closed.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::clock::Stopwatch;
use crate::memory::{Computed, Kept};

/// How long after its longest load a refresh has its place: whatever runs is over by then, and the
/// runtime of one that is not stands still.
const GRACE: Duration = Duration::from_secs(10);

/// The refreshes under way in one cache.
#[derive(Debug)]
pub(crate) struct Refreshes {
    most: usize,
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    under_way: HashMap<Kept, Task, BuildHasherDefault<Computed>>,
    started: u64,
    closed: bool,
}

#[derive(Debug)]
struct Task {
    number: u64,
    /// `None` until it is spawned.
    handle: Option<AbortHandle>,
    begun: Stopwatch,
    longest: Duration,
}

/// Why no refresh of a key may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// It is being refreshed.
    UnderWay,
    /// As many as may be are under way, or the cache is closed.
    Full,
}

/// The place of one refresh, given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    refreshes: Arc<Refreshes>,
    key: Kept,
    number: u64,
}

impl Refreshes {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            state: Mutex::default(),
            ended: Notify::new(),
        }
    }

    /// Whether a refresh of this key could begin now.
    pub(crate) fn busy(&self, key: &Kept) -> Option<Busy> {
        self.state.lock().busy(key, self.most)
    }

    /// Takes the place of a refresh of this key, whose load is over after so long.
    pub(crate) fn begin(self: &Arc<Self>, key: &Kept, longest: Duration) -> Result<Place, Busy> {
        let mut state = self.state.lock();
        if let Some(busy) = state.busy(key, self.most) {
            return Err(busy);
        }
        state.started += 1;
        let number = state.started;
        let task = Task {
            number,
            handle: None,
            begun: Stopwatch::start(),
            longest,
        };
        state.under_way.insert(key.clone(), task);
        Ok(Place {
            refreshes: Arc::clone(self),
            key: key.clone(),
            number,
        })
    }

    /// Ends all of them and waits until none is left; none begins any more.
    pub(crate) async fn end(&self) {
        let handles: Vec<_> = {
            let mut state = self.state.lock();
            state.closed = true;
            let tasks = state.under_way.values();
            tasks.filter_map(|task| task.handle.clone()).collect()
        };
        handles.iter().for_each(AbortHandle::abort);
        loop {
            let ended = self.ended.notified();
            if self.state.lock().under_way.is_empty() {
                return;
            }
            ended.await;
        }
    }
}

impl State {
    fn busy(&mut self, key: &Kept, most: usize) -> Option<Busy> {
        if let Some(task) = self.under_way.get(key) {
            if !task.is_overdue() {
                return Some(Busy::UnderWay);
            }
            self.give_up();
        }
        if self.under_way.len() >= most {
            self.give_up();
        }
        let is_full = self.closed || self.under_way.len() >= most;
        is_full.then_some(Busy::Full)
    }

    /// Takes their places from tasks that nobody drives any more.
    fn give_up(&mut self) {
        let overdue = self.under_way.extract_if(|_, task| task.is_overdue());
        for handle in overdue.filter_map(|(_, task)| task.handle) {
            handle.abort();
        }
    }
}

impl Task {
    fn is_overdue(&self) -> bool {
        self.begun.elapsed() > self.longest.saturating_add(GRACE)
    }
}

impl Place {
    /// What ends the task that has this place, told by who spawned it.
    pub(crate) fn teller(&self) -> impl FnOnce(AbortHandle) + use<> {
        let (refreshes, key, number) = (Arc::clone(&self.refreshes), self.key.clone(), self.number);
        move |handle| {
            let mut state = refreshes.state.lock();
            if state.closed {
                handle.abort();
            }
            // It may have ended by now, and another may have its key.
            if let Some(task) = state.under_way.get_mut(&key)
                && task.number == number
            {
                task.handle = Some(handle);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.refreshes.state.lock();
        // Another may have it by now.
        let task = state.under_way.get(&self.key);
        if task.is_some_and(|task| task.number == self.number) {
            state.under_way.remove(&self.key);
        }
        drop(state);
        self.refreshes.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn key(n: u64) -> Kept {
        Kept {
            site: 1,
            hash: n,
            parts: n.to_be_bytes().into(),
        }
    }

    #[test]
    fn one_a_key_and_so_many_in_all() {
        let refreshes = Arc::new(Refreshes::new(2));
        let first = refreshes.begin(&key(1), LONG).unwrap();
        assert_eq!(refreshes.begin(&key(1), LONG).unwrap_err(), Busy::UnderWay);
        let _second = refreshes.begin(&key(2), LONG).unwrap();
        assert_eq!(refreshes.busy(&key(3)), Some(Busy::Full));
        drop(first);
        assert_eq!(refreshes.busy(&key(3)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_on_a_runtime_that_stands_still_keeps_its_place_no_longer_than_a_load_may_take() {
        let _clock = crate::clock::tokios();
        let refreshes = Arc::new(Refreshes::new(1));
        let parked = tokio::spawn(std::future::pending::<()>());
        let place = refreshes.begin(&key(1), LONG).unwrap();
        place.teller()(parked.abort_handle());
        tokio::time::advance(LONG).await;
        assert_eq!(refreshes.busy(&key(1)), Some(Busy::UnderWay));
        assert_eq!(refreshes.busy(&key(2)), Some(Busy::Full));
        tokio::time::advance(LONG).await;
        assert_eq!(refreshes.busy(&key(2)), None);
        let _next = refreshes.begin(&key(1), LONG).unwrap();
        assert!(parked.await.unwrap_err().is_cancelled());
        drop(place);
        assert_eq!(refreshes.busy(&key(1)), Some(Busy::UnderWay), "the next");
    }

    #[tokio::test]
    async fn closing_ends_what_was_spawned_and_waits_for_what_is_being() {
        let refreshes = Arc::new(Refreshes::new(2));
        for (n, early) in [(1, true), (2, false)] {
            let place = refreshes.begin(&key(n), LONG).unwrap();
            let tell = place.teller();
            let task = tokio::spawn(async move {
                let _place = place;
                std::future::pending::<()>().await;
            });
            let late = Arc::clone(&refreshes);
            match early {
                true => tell(task.abort_handle()),
                false => drop(tokio::spawn(async move {
                    while !late.state.lock().closed {
                        tokio::task::yield_now().await;
                    }
                    tell(task.abort_handle());
                })),
            }
        }
        refreshes.end().await;
        assert_eq!(refreshes.busy(&key(1)), Some(Busy::Full), "it is closed");
        assert!(refreshes.state.lock().under_way.is_empty());
    }
}
