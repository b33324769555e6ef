//! What the cache tells of itself: one closed set of events, counted by namespace and function and, where a
//! person should know, logged.

mod buckets;
mod calls;
mod causes;
mod counters;
mod counts;
mod heard;
mod histogram;
mod log;
mod node;
mod outcome;
mod rows;
mod runs;
mod snapshot;
mod striped;
mod sums;
mod table;
mod unused;

use std::sync::Arc;
use std::time::Duration;

pub use calls::CallStats;
pub(crate) use causes::{Miss, Unstored};
pub use causes::{MissStats, UncachedStats, UnstoredStats};
pub(crate) use counters::Counters;
pub use counts::Counts;
pub(crate) use heard::{Of, is_slip};
pub use histogram::{HistogramSnapshot, SizeSnapshot};
pub use node::{BreakerState, NodeStats, RedisHealth};
pub(crate) use outcome::{Observed, Observer};
pub use outcome::{Outcome, Served};
use rows::Rows;
pub(crate) use runs::Runs;
pub(crate) use snapshot::by_node;
pub use snapshot::{FunctionStats, MemoryStats, NamespaceStats, Stats};
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

/// The counters of one cache, and its log.
#[derive(Debug, Default)]
pub(crate) struct Events {
    rows: Rows,
    log: log::Log,
    heard: heard::Heard,
}

impl Events {
    /// The counters of what belongs to no function of a namespace, made when first asked for.
    pub(crate) fn namespace(&self, name: &str) -> Arc<Counters> {
        self.rows.namespace(name)
    }

    /// The counters of a function, by its path; of a call by hand, which has none, those of its namespace.
    pub(crate) fn function(&self, namespace: &str, path: &str) -> Arc<Counters> {
        self.rows.function(namespace, path)
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
        // The log may run code of the program's own, so nothing is locked meanwhile.
        for (name, counters) in self.rows.namespaces() {
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

    /// What was counted; of memory and of nodes nothing is known here.
    pub(crate) fn snapshot(&self) -> Stats {
        let (namespaces, functions) = self.rows.snapshot();
        Stats {
            namespaces,
            functions,
            ..Stats::default()
        }
    }
}
