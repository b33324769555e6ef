//! A stream in the process, on a cache without Redis: gone with the cache, and seen by no other process.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use super::group::{Counts, Given, Lapsed, Taken};
use super::{Bounds, DeadLetter, Kind, Terms};
use crate::ToolkitError;

/// How many streams a cache has in the process.
const MOST: usize = 1_024;

/// What `bury.lua` says of a delivery whose time was over.
const LAPSED: &str = "it was neither finished nor renewed within its time";

/// The streams of a cache.
#[derive(Default)]
pub(crate) struct Locals(Mutex<HashMap<Name, Arc<Local>>>);

/// What a stream goes by: its kind, and its name.
type Name = (&'static str, Box<str>);

/// One of them.
pub(crate) struct Local {
    state: Mutex<State>,
    bell: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    number: u64,
    later: BTreeMap<(Instant, u64), Entry>,
    groups: HashMap<Box<str>, Own>,
}

#[derive(Clone)]
struct Entry {
    number: u64,
    level: usize,
    bytes: Arc<[u8]>,
}

struct Pending {
    entry: Entry,
    attempt: u32,
    due: Instant,
    error: Option<String>,
}

/// What a group has.
#[derive(Default)]
struct Own {
    /// What it was not given yet, by level.
    ready: BTreeMap<usize, VecDeque<Entry>>,
    pending: BTreeMap<u64, Pending>,
    dead: BTreeMap<u64, (DeadLetter, Entry)>,
    /// What was pushed out since the last look.
    missed: u64,
    counts: Counts,
}

impl Locals {
    pub(super) fn get(&self, kind: &Kind, name: &str) -> Result<Arc<Local>, ToolkitError> {
        let mut all = self.0.lock();
        if let Some(found) = all.get(&(kind.name, Box::from(name))) {
            return Ok(Arc::clone(found));
        }
        if all.len() >= MOST {
            return Err(ToolkitError::Setting {
                what: "number of names",
                reason: "a cache without Redis has at most 1,024 queues and events: set `CACHE_URL` to a Redis",
            });
        }
        let made = Arc::new(Local {
            state: Mutex::default(),
            bell: watch::Sender::new(0),
        });
        all.insert((kind.name, name.into()), Arc::clone(&made));
        Ok(made)
    }
}

impl Local {
    pub(super) fn open(&self, group: &str) {
        let mut state = self.state.lock();
        let number = state.number;
        let own = state.groups.entry(group.into()).or_default();
        own.counts.last = own.counts.last.max(number);
    }

    pub(super) fn forget(&self, group: &str) -> bool {
        self.state.lock().groups.remove(group).is_some()
    }

    pub(super) fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    fn ring(&self) {
        self.bell.send_modify(|rung| *rung += 1);
    }

    pub(super) fn add(
        &self,
        kind: &Kind,
        level: usize,
        bytes: &[u8],
        delay: Duration,
        bounds: Bounds,
    ) -> Option<u64> {
        let most = bounds.most as usize;
        let mut state = self.state.lock();
        if kind.deletes && state.len() >= most {
            return None;
        }
        state.number += 1;
        let entry = Entry {
            number: state.number,
            level,
            bytes: bytes.into(),
        };
        let number = entry.number;
        if delay.is_zero() {
            // A queue has one group, before anybody takes of it.
            if kind.deletes {
                state.groups.entry("all".into()).or_default();
            }
            state.hand_out(&entry);
            state.trim(if kind.deletes { usize::MAX } else { most });
        } else {
            state.later.insert((Instant::now() + delay, number), entry);
        }
        drop(state);
        self.ring();
        Some(number)
    }

    pub(super) fn take(&self, group: &str, want: usize, terms: &Terms) -> Taken {
        let now = Instant::now();
        let mut state = self.state.lock();
        state.groups.entry(group.into()).or_default();
        while let Some(first) = state
            .later
            .first_entry()
            .filter(|first| first.key().0 <= now)
        {
            let entry = first.remove();
            state.hand_out(&entry);
        }
        let soonest = state.later.keys().next().map(|(due, _)| *due);
        let own = state.groups.entry(group.into()).or_default();
        let mut taken = Taken {
            missed: std::mem::take(&mut own.missed),
            ..Taken::default()
        };
        own.redeliver(want, terms, now, &mut taken);
        own.deliver(want, terms, now, &mut taken);
        own.counts.missed += taken.missed;
        own.counts.delivered += taken.given.len() as u64;
        let due = own.pending.values().map(|pending| pending.due);
        let due = due.chain(soonest).min();
        taken.due = due.map(|due| due.saturating_duration_since(now));
        taken
    }

    pub(super) fn ack(&self, group: &str, number: u64) -> bool {
        self.with(group, |own| {
            let was_pending = own.pending.remove(&number).is_some();
            own.counts.finished += u64::from(was_pending);
            was_pending
        })
    }

    pub(super) fn retry(
        &self,
        group: &str,
        given: &Given,
        pause: Duration,
        most: u32,
        terms: &Terms,
        error: &str,
    ) -> i64 {
        let done = self.with(group, |own| {
            let pending = own.pending.get_mut(&given.number);
            let Some(pending) = pending.filter(|pending| pending.attempt == given.attempt) else {
                return 0;
            };
            own.counts.failed += 1;
            if given.attempt >= most {
                own.bury(given.number, error.to_owned(), terms);
                return 2;
            }
            pending.due = Instant::now() + pause;
            pending.error = Some(error.to_owned());
            1
        });
        self.ring();
        done
    }

    pub(super) fn renew(&self, group: &str, given: &Given, visible_for: Duration) -> bool {
        self.with(group, |own| {
            let pending = own.pending.get_mut(&given.number);
            let Some(pending) = pending.filter(|pending| pending.attempt == given.attempt) else {
                return false;
            };
            pending.due = Instant::now() + visible_for;
            true
        })
    }

    pub(super) fn dead(&self, group: &str, after: u64, count: usize) -> Vec<DeadLetter> {
        self.with(group, |own| {
            let letters = own.dead.range(after.saturating_add(1)..).take(count);
            letters.map(|(_, (letter, _))| letter.clone()).collect()
        })
    }

    pub(super) fn delete_dead(&self, group: &str, number: u64) -> bool {
        self.with(group, |own| own.dead.remove(&number).is_some())
    }

    pub(super) fn redrive(&self, group: &str, number: u64) -> bool {
        let redriven = self.with(group, |own| {
            let Some((_, entry)) = own.dead.remove(&number) else {
                return false;
            };
            own.counts.redriven += 1;
            own.ready.entry(entry.level).or_default().push_back(entry);
            true
        });
        self.ring();
        redriven
    }

    pub(super) fn counts(&self, group: &str) -> Counts {
        let state = self.state.lock();
        let (number, delayed) = (state.number, state.later.len() as u64);
        let none = Own::default();
        let own = state.groups.get(group).unwrap_or(&none);
        Counts {
            entries: (own.ready_len() + own.pending.len()) as u64,
            delayed,
            pending: own.pending.len() as u64,
            dead: own.dead.len() as u64,
            number,
            ..own.counts
        }
    }

    fn with<R>(&self, group: &str, done: impl FnOnce(&mut Own) -> R) -> R {
        done(self.state.lock().groups.entry(group.into()).or_default())
    }
}

impl State {
    fn len(&self) -> usize {
        let groups = self.groups.values();
        let there = groups.map(|own| own.ready_len() + own.pending.len());
        there.sum::<usize>() + self.later.len()
    }

    fn hand_out(&mut self, entry: &Entry) {
        for own in self.groups.values_mut() {
            let level = own.ready.entry(entry.level).or_default();
            level.push_back(entry.clone());
        }
    }

    /// Lets the oldest go of a group that has more than this to read.
    fn trim(&mut self, most: usize) {
        for own in self.groups.values_mut() {
            for level in own.ready.values_mut() {
                while level.len() > most {
                    level.pop_front();
                    own.missed += 1;
                }
            }
        }
    }
}

impl Own {
    fn ready_len(&self) -> usize {
        self.ready.values().map(VecDeque::len).sum()
    }

    /// What is due again; what was delivered as often as it may be is set aside.
    fn redeliver(&mut self, want: usize, terms: &Terms, now: Instant, taken: &mut Taken) {
        let due = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.due <= now);
        let due: Vec<u64> = due.map(|(number, _)| *number).collect();
        for number in due {
            let Some(pending) = self.pending.get_mut(&number) else {
                continue;
            };
            if pending.attempt >= terms.max_deliveries {
                let error = pending.error.take().unwrap_or_else(|| LAPSED.to_owned());
                self.bury(number, error.clone(), terms);
                taken.buried.push(Lapsed { number, error });
            } else if taken.given.len() < want {
                pending.attempt += 1;
                pending.due = now + terms.visible_for;
                pending.error = None;
                self.counts.redelivered += 1;
                taken.given.push(given(&pending.entry, pending.attempt));
            }
        }
    }

    fn deliver(&mut self, want: usize, terms: &Terms, now: Instant, taken: &mut Taken) {
        for level in self.ready.values_mut() {
            while taken.given.len() < want
                && let Some(entry) = level.pop_front()
            {
                taken.given.push(given(&entry, 1));
                self.counts.last = self.counts.last.max(entry.number);
                let pending = Pending {
                    due: now + terms.visible_for,
                    attempt: 1,
                    error: None,
                    entry,
                };
                self.pending.insert(pending.entry.number, pending);
            }
        }
    }

    fn bury(&mut self, number: u64, error: String, terms: &Terms) {
        let Some(Pending { entry, attempt, .. }) = self.pending.remove(&number) else {
            return;
        };
        let letter = DeadLetter::new(number, attempt, error, entry.bytes.to_vec());
        self.dead.insert(number, (letter, entry));
        self.counts.buried += 1;
        while self.dead.len() > terms.keep_dead as usize {
            self.dead.pop_first();
            self.counts.dropped += 1;
        }
    }
}

fn given(entry: &Entry, attempt: u32) -> Given {
    Given {
        delivery: format!("{}:{}", entry.level, entry.number),
        attempt,
        number: entry.number,
        bytes: Arc::clone(&entry.bytes),
    }
}
