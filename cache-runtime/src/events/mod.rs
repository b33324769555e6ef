//! What the cache tells of itself: one closed set of events, counted by namespace and function and, where a
//! person should know, logged.

mod audits;
mod buckets;
mod calls;
mod causes;
mod counters;
mod counts;
mod dependencies;
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
mod tally;
mod unused;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use audits::AuditStats;
pub(crate) use audits::Audited;
pub(crate) use calls::CallEnd;
pub use calls::CallStats;
pub(crate) use causes::{Miss, Uncached, Unstored};
pub use causes::{MissStats, UncachedStats, UnstoredStats};
pub(crate) use counters::Counters;
pub use counts::Counts;
pub use dependencies::Dependencies;
pub(crate) use dependencies::{Lender, Lending};
pub(crate) use heard::{Of, is_slip};
pub(crate) use histogram::Times;
pub use histogram::{HistogramSnapshot, SizeSnapshot};
pub use node::{BreakerState, NodeStats, RedisHealth};
pub(crate) use outcome::{Observed, Observer};
pub use outcome::{Outcome, Served};
pub(crate) use rows::Learnt;
use rows::Rows;
pub(crate) use runs::Runs;
pub(crate) use snapshot::by_node;
pub use snapshot::{FunctionStats, MemorySizes, MemoryStats, NamespaceStats, Stats};
pub(crate) use table::plain;
pub(crate) use tally::Tally;
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
    /// What was stored is compared with what was there before.
    Compared {
        is_unchanged: bool,
    },
    Unstored(Unstored),
    /// A hit was compared with a load in the background, or was to be.
    Audited(Audited),
    /// A caller began to wait for another's load.
    FollowerCame,
    /// It waits no longer.
    FollowerLeft,
    /// A call begins to wait for another process, which has the lease.
    LeaseAwaited,
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
    received: Received,
    log: log::Log,
    heard: heard::Heard,
}

/// What Redis told of, and something here rested on.
#[derive(Debug, Default)]
struct Received {
    invalidations: AtomicU64,
    changes: AtomicU64,
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

    /// A push of a tag, a namespace or everything made something invalid here.
    pub(crate) fn received(&self, namespace: Option<&str>) {
        self.received.invalidations.fetch_add(1, Ordering::Relaxed);
        if let Some(namespace) = namespace {
            self.rows.namespace(namespace).received();
        }
    }

    /// A push of an entry did.
    pub(crate) fn received_change(&self) {
        self.received.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells of a hit that was another value than its function gives.
    pub(crate) fn outdated(
        &self,
        (namespace, function): (&str, &str),
        key: Option<&str>,
        age: Duration,
    ) {
        self.log.outdated((namespace, function), key, age);
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

    /// What was counted; how large memory is and how nodes are is not known here.
    pub(crate) fn snapshot(&self, learnt: Learnt<'_>) -> Stats {
        let (namespaces, functions) = self.rows.snapshot(learnt);
        Stats {
            namespaces,
            functions,
            memory: MemoryStats {
                received_invalidations: self.received.invalidations.load(Ordering::Relaxed),
                received_changes: self.received.changes.load(Ordering::Relaxed),
                ..MemoryStats::default()
            },
            nodes: Vec::new(),
            processes: 1,
            counted_ms: 0,
        }
    }
}
