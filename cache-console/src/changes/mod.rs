//! What changes in Redis, as the servers push it: one watch for all pages that are open, and what it told last.
//!
//! It begins with the first page, and ends a while after the last.

mod line;
mod stream;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::CacheError;
use cache_runtime::admin::{Action, Admin, Heard, Of, Watch};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::sleep;

pub(crate) use line::{Kind, Line};
pub(crate) use stream::stream;

use crate::shown::Name;

/// How many changes are remembered: what a page shows that is opened later, or was cut off for a moment.
const REMEMBERED: usize = 1_000;

/// How long the watch goes on without a page, and how long it rests where it can't begin.
const LINGER: Duration = Duration::from_secs(10);
const REST: Duration = Duration::from_secs(1);

/// How many actions are looked at when the log of them has changed.
const LOOKED_AT: usize = 100;

/// What changes; clones share it.
#[derive(Clone)]
pub(crate) struct Changes(Arc<Shared>);

struct Shared {
    admin: Admin,
    told: Mutex<Told>,
    /// The number of the last line. It has a receiver for each page.
    latest: watch::Sender<u64>,
}

#[derive(Default)]
struct Told {
    is_watched: bool,
    state: State,
    /// The nodes whose changes are not heard, and why.
    away: BTreeMap<String, &'static str>,
    last: u64,
    /// The latest last; their numbers follow each other.
    lines: VecDeque<Arc<Line>>,
    /// The last action by hand that was told.
    action: Option<Action>,
}

/// Whether changes are heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum State {
    /// The connections are being made.
    #[default]
    Beginning,
    /// They are.
    On,
    /// They can't be.
    Away {
        /// Why.
        cause: Name,
    },
}

/// What was told after some line.
pub(crate) struct News {
    /// The latest first.
    pub(crate) lines: Vec<Arc<Line>>,
    /// How many are not among these.
    pub(crate) left_out: u64,
    pub(crate) last: u64,
    pub(crate) state: State,
}

impl Changes {
    pub(crate) fn new(admin: Admin) -> Self {
        Self(Arc::new(Shared {
            admin,
            told: Mutex::default(),
            latest: watch::Sender::new(0),
        }))
    }

    /// Has changes be heard while what this gives is kept, and a while longer.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        let mut told = self.0.told.lock();
        let latest = self.0.latest.subscribe();
        if !told.is_watched {
            told.is_watched = true;
            told.state = State::Beginning;
            tokio::spawn(hear(Arc::clone(&self.0)));
        }
        latest
    }

    /// The lines after that of a number which are meant, this many at most.
    pub(crate) fn since(&self, number: u64, most: usize, is_meant: impl Fn(&Line) -> bool) -> News {
        let told = self.0.told.lock();
        let first = told.lines.front().map_or(told.last, |line| line.number);
        let mut left_out = first.saturating_sub(number.saturating_add(1));
        let lines = told.lines.iter().rev();
        let new = lines.take_while(|line| line.number > number);
        let mut lines = Vec::new();
        for line in new.filter(|line| is_meant(line)) {
            // What could not be heard is a line of its own.
            match lines.len() < most {
                true => lines.push(Arc::clone(line)),
                false => left_out = left_out.saturating_add(1),
            }
        }
        News {
            lines,
            left_out: if number == 0 { 0 } else { left_out },
            last: told.last,
            state: told.state.clone(),
        }
    }
}

impl Told {
    /// Changes are heard, if those of all nodes are.
    fn settle(&mut self) {
        self.state = match self.away.values().next() {
            Some(cause) => State::Away {
                cause: (*cause).into(),
            },
            None => State::On,
        };
    }
}

impl Shared {
    /// All nodes are heard, and this action is known.
    fn begins_after(&self, action: Option<Action>) {
        let mut told = self.told.lock();
        told.action = action;
        told.away.clear();
    }

    /// What became of the connections to nodes.
    fn heard(&self, watch: &Watch, all: &[Heard]) {
        let mut told = self.told.lock();
        for heard in all {
            match heard {
                Heard::Away { node, cause } => drop(told.away.insert(node.clone(), cause)),
                Heard::Connected { node } => drop(told.away.remove(node)),
                _ => {}
            }
        }
        // One that is none of them any more holds nothing up.
        if !told.away.is_empty() {
            let nodes = watch.nodes();
            told.away.retain(|node, _| nodes.contains(node));
        }
        let before = told.state.clone();
        told.settle();
        if told.state != before {
            drop(told);
            self.latest.send_modify(|_| ());
        }
    }

    fn say(&self, state: State) {
        self.told.lock().state = state;
        // Pages look again.
        self.latest.send_modify(|_| ());
    }

    fn tell(&self, lines: Vec<Line>) {
        let mut told = self.told.lock();
        for mut line in lines {
            told.last += 1;
            line.number = told.last;
            if told.lines.len() == REMEMBERED {
                told.lines.pop_front();
            }
            told.lines.push_back(Arc::new(line));
        }
        let last = told.last;
        drop(told);
        self.latest.send_replace(last);
    }

    /// Waits until there has been no page for a while.
    async fn left(&self) {
        loop {
            self.latest.closed().await;
            sleep(LINGER).await;
            if self.latest.is_closed() {
                return;
            }
        }
    }

    /// Whether there is still no page; nobody hears then until the next one comes.
    fn ends(&self) -> bool {
        let mut told = self.told.lock();
        told.is_watched = !self.latest.is_closed();
        !told.is_watched
    }
}

/// Hears changes until there is no page any more.
async fn hear(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = listen(&shared) => {}
            () = shared.left() => {}
        }
        if shared.ends() {
            return;
        }
    }
}

/// Hears changes until that can't be, and rests.
async fn listen(shared: &Shared) {
    match shared.admin.watch().await {
        Ok(mut watch) => {
            // What it says of the log is compared with what is there now.
            let last = shared.admin.actions(1).await.unwrap_or_default().pop();
            shared.begins_after(last);
            shared.say(State::On);
            listen_to(shared, &mut watch).await;
        }
        Err(error) => {
            let cause = match error {
                CacheError::Unavailable { cause, .. } => cause,
                other => other.to_string(),
            };
            let cause = cause.into();
            shared.say(State::Away { cause });
        }
    }
    sleep(REST).await;
}

async fn listen_to(shared: &Shared, watch: &mut Watch) {
    loop {
        let mut lines = Vec::new();
        let all = watch.next().await;
        if all.is_empty() {
            // They could not be looked up.
            sleep(Duration::from_millis(100)).await;
        }
        shared.heard(watch, &all);
        for heard in all {
            if matches!(&heard, Heard::Changed(change) if change.of == Of::Log) {
                lines.extend(actions(shared).await.iter().map(Line::of_action));
                continue;
            }
            lines.push(Line::of(&shared.admin, &heard));
        }
        shared.tell(lines);
    }
}

/// What was done by hand since this was asked last, the earliest first.
async fn actions(shared: &Shared) -> Vec<Action> {
    let all = shared.admin.actions(LOOKED_AT).await.unwrap_or_default();
    let mut told = shared.told.lock();
    let last = told.action.clone();
    let new = all
        .into_iter()
        .take_while(|action| Some(action) != last.as_ref());
    let mut new: Vec<_> = new.collect();
    new.reverse();
    if let Some(latest) = new.last() {
        told.action = Some(latest.clone());
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_heard_once_no_node_is_away() {
        let mut told = Told::default();
        for node in ["a:1", "b:1"] {
            told.away.insert(node.to_owned(), "refused");
        }
        for node in ["a:1", "b:1"] {
            told.settle();
            let cause = "refused".into();
            assert_eq!(told.state, State::Away { cause });
            told.away.remove(node);
        }
        told.settle();
        assert_eq!(told.state, State::On);
    }
}
