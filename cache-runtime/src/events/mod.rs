//! What the cache tells of itself: one closed set of events, counted by namespace and, where a person
//! should know, logged.

mod causes;
mod counters;
mod heard;
mod histogram;
mod log;
mod outcome;
mod runs;
mod snapshot;
mod striped;
mod unused;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use foldhash::quality::RandomState;
use parking_lot::RwLock;

pub(crate) use causes::{Miss, Unstored};
pub use causes::{MissStats, UnstoredStats};
pub(crate) use counters::Counters;
pub(crate) use heard::{Of, is_slip};
pub use histogram::HistogramSnapshot;
pub(crate) use outcome::{Observed, Observer};
pub use outcome::{Outcome, Served};
pub(crate) use runs::Runs;
pub use snapshot::{NamespaceStats, Stats};
pub(crate) use unused::{Use, tell_of_default};

/// A tier of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tier {
    /// This process's memory.
    Memory,
    /// Redis, shared by every process.
    Redis,
}

impl Tier {
    /// What annotations and settings files call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis => "redis",
        }
    }
}

/// How a load ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loaded {
    Ok,
    Failed,
    /// The caller dropped its future, or the loader panicked.
    Abandoned,
}

impl Loaded {
    /// How many ends there are.
    const COUNT: usize = Self::Abandoned as usize + 1;
}

/// What happened. The set is closed: every counter is moved by one of these.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    Hit(Tier),
    /// A stale value was served while another call refreshes it, or as its load failed.
    Stale,
    /// A load failed and a stale value was there to serve instead.
    StaleOnError,
    /// `max_refreshes` are under way, so a stale value was served and no refresh began.
    RefreshSkipped,
    /// The error of an earlier load was returned.
    ErrorRemembered,
    /// A load was ended by its `load_timeout`; it counts as a failed load as well.
    LoadTimedOut,
    Miss(Miss),
    Read(Duration),
    Load {
        took: Duration,
        end: Loaded,
        /// In millionths.
        cost: u64,
    },
    Stored {
        bytes: usize,
    },
    Unstored(Unstored),
    /// A caller began to wait for another's load.
    FollowerCame,
    /// It waits no longer.
    FollowerLeft,
    Invalidated,
    /// Something went wrong and the caller was served by the origin: `doing` is the step,
    /// `cause` a word from a closed list.
    Trouble {
        doing: &'static str,
        cause: &'a str,
    },
}

/// How many namespaces of a cache have a row of their own.
const MOST: usize = 1_024;

/// The row that all further namespaces share.
const OTHERS: &str = "(others)";

/// The counters of the namespaces of one cache, and its log.
#[derive(Debug, Default)]
pub(crate) struct Events {
    namespaces: RwLock<HashMap<Arc<str>, Arc<Counters>, RandomState>>,
    log: log::Log,
    heard: heard::Heard,
}

impl Events {
    /// The counters of a namespace, made when first asked for. Namespaces may be made at run time, from
    /// input: the first [`MOST`] have a row each, all others share one.
    pub(crate) fn namespace(&self, name: &str) -> Arc<Counters> {
        if let Some(found) = self.namespaces.read().get(name) {
            return Arc::clone(found);
        }
        let mut namespaces = self.namespaces.write();
        let is_known = namespaces.len() < MOST || namespaces.contains_key(name);
        let row = if is_known { name } else { OTHERS };
        Arc::clone(namespaces.entry(row.into()).or_default())
    }

    /// Counts an event of a namespace, and logs it where a person should know.
    pub(crate) fn emit(&self, namespace: &str, counters: &Counters, event: Event<'_>) {
        counters.count(event);
        self.log.write(namespace, event);
    }

    /// Notes a name that a called function uses.
    pub(crate) fn used(&self, of: Of, name: &str) {
        self.heard.used(of, name);
    }

    /// Tells of an invalidated name that no function uses.
    pub(crate) fn invalidated(&self, of: Of, name: &str) {
        self.heard.invalidated(of, name);
    }

    /// Counts an invalidation of every namespace that there is a row of.
    pub(crate) fn invalidated_all(&self) {
        let namespaces = self.namespaces.read();
        let rows = namespaces
            .iter()
            .map(|(name, row)| (Arc::clone(name), Arc::clone(row)));
        let rows: Vec<_> = rows.collect();
        // The log may run code of the program's own.
        drop(namespaces);
        for (name, counters) in rows {
            self.emit(&name, &counters, Event::Invalidated);
        }
    }

    /// Tells of a connection to Redis, which belongs to no namespace.
    pub(crate) fn connected(&self, node: &str) {
        self.log.connected(node);
    }

    /// Tells that a node has no connection, and its breaker is open.
    pub(crate) fn disconnected(&self, node: &str, cause: &str, advice: Option<&str>) {
        self.log.disconnected(node, cause, advice);
    }

    /// Tells what the user of a connection may not do.
    pub(crate) fn denied(&self, node: &str, cause: &str) {
        self.log.denied(node, cause);
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let namespaces = self.namespaces.read();
        let mut rows: Vec<_> = namespaces
            .iter()
            .map(|(name, counters)| counters.snapshot(name))
            .collect();
        drop(namespaces);
        rows.sort_by(|a, b| a.namespace.cmp(&b.namespace));
        Stats { namespaces: rows }
    }
}
