//! What is told of one entry.

use std::time::Duration;

use serde::Serialize;

/// What only the program knows of an entry. What is not said is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The shape of the value's type, as [`EntryHeader::shape`] of another entry has it.
    pub shape: Option<u64>,
    /// The function's own stale window; an entry is stale for the shorter of this and the one it was stored with.
    pub stale: Option<Duration>,
}

/// One entry, and what the next read of it would find.
///
/// Times are in Unix milliseconds of the clock of the node that has the entry, which [`node_ms`](Self::node_ms)
/// tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Its name in Redis.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its key as the annotation's literal spells it, if it has a readable one.
    pub key: Option<String>,
    /// The clock of its node, while that can be reached.
    pub node_ms: Option<u64>,
    /// The run of its node, as 16 hexadecimal digits: another after each restart and failover.
    pub run: Option<String>,
    /// What it takes in Redis, in bytes, without the name.
    pub bytes: Option<usize>,
    /// For how long Redis keeps it, in milliseconds; `None` without an entry, or if it has no end.
    pub kept_ms: Option<u64>,
    /// What it says of itself, if it can be read.
    pub header: Option<EntryHeader>,
    /// The process that made it, while that publishes its statistics ([`CacheBuilder::fleet`](crate::CacheBuilder::fleet));
    /// `None` once it has ended, or where they may not be read.
    pub loader: Option<Loader>,
    /// What it rests on, each beside what Redis has now.
    pub stamps: Vec<StampSeen>,
    /// Who may store it next, if anybody loads it now.
    pub lease: Option<LeaseSeen>,
    /// How many keys the node of the first missing stamp has evicted since it started, where a stamp is missing:
    /// an invalidation and an eviction leave the same nothing behind. `None` where it may not be asked for.
    pub evicted_keys: Option<u64>,
    /// What the next read finds, and why.
    pub verdict: Verdict,
}

/// What an entry says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EntryHeader {
    /// The load that made it, as 32 hexadecimal digits.
    pub id: String,
    /// The process that made it, as the first 16 hexadecimal digits of
    /// [`ProcessStats::id`](crate::ProcessStats::id). An entry of a build before entries said so has digits of no process.
    pub loader: String,
    /// SHA-256 over the function and the key's parts, as 64 hexadecimal digits.
    pub digest: String,
    /// The shape of the value's type, as 16 hexadecimal digits.
    pub shape: String,
    /// `bincode`, `msgpack` or `json`.
    pub codec: &'static str,
    /// `none`, `lz4`, `zstd` or `gzip`.
    pub compression: &'static str,
    /// Whether its payload is encrypted.
    pub is_encrypted: bool,
    /// Whether a write put it, and no load.
    pub is_put: bool,
    /// Whether it came back from a backup: a miss to a `strong` function, whatever the verdict says of others.
    pub is_restored: bool,
    /// When it was stored, after its load.
    pub born_ms: u64,
    /// Until when it is fresh.
    pub fresh_until_ms: u64,
    /// Until when it may be served while it is refreshed; not before the end of the former.
    pub stale_until_ms: u64,
    /// How long its load took, in microseconds.
    pub load_us: u64,
}

/// The process that made an entry, as it tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Loader {
    /// What tells it from every other: 32 hexadecimal digits.
    pub id: String,
    /// The name of its host.
    pub host: String,
    /// Its process id there.
    pub pid: u32,
    /// Which executable it runs: 16 hexadecimal digits, equal where the files are. Empty if the file can't be read.
    pub build: String,
}

/// What a stamp is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StampKind {
    /// A tag.
    Tag,
    /// A namespace.
    Namespace,
    /// The node that has the entry, in a cluster.
    Node,
}

/// A stamp of an entry beside the one in Redis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StampSeen {
    /// What it is of.
    pub kind: StampKind,
    /// The tag or the namespace; empty for a node.
    pub name: String,
    /// The stamp that the entry carries, as 48 hexadecimal digits.
    pub carried: String,
    /// How it compares.
    pub state: StampState,
}

/// How a stamp that an entry carries compares with the one in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StampState {
    /// It is the same.
    Holds,
    /// It was expired by hand: what carries it is stale.
    Expired,
    /// There is another: what carries it is invalid.
    Another,
    /// There is none: what carries it is invalid.
    Gone,
    /// One of the two was made in another run of the node: what carries it is invalid.
    OtherRun,
}

/// The lease of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeaseSeen {
    /// Whose it is.
    pub kind: LeaseKind,
    /// For how long it is held unless it is renewed, in milliseconds.
    pub left_ms: Option<u64>,
}

/// Who has a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseKind {
    /// A process that loads the entry.
    Load,
    /// A process that puts the entry.
    Put,
    /// Nobody: word is left that what was loaded is not stored.
    NotStored,
    /// One of an earlier run of the node: nobody's, and it is taken by the next load.
    OtherRun,
}

/// What the next read finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// A hit.
    Fresh {
        /// For how much longer, in milliseconds.
        for_ms: u64,
    },
    /// A hit by a function with a stale window, which refreshes it; a miss by any other.
    Stale {
        /// For how much longer, in milliseconds.
        for_ms: u64,
        /// Whether somebody expired it, before its own time was over.
        by_hand: bool,
    },
    /// A miss: its time is over.
    Expired {
        /// Whether somebody expired it, before its own time was over.
        by_hand: bool,
    },
    /// A miss: a tag that it carries was invalidated after its load began.
    TagInvalidated {
        /// The tag.
        tag: String,
    },
    /// A miss: its namespace was invalidated after its load began.
    NamespaceCleared {
        /// The namespace.
        namespace: String,
    },
    /// A miss: a stamp that it carries is gone from a node that evicts keys. It was evicted, or invalidated: both
    /// leave nothing behind.
    StampEvicted {
        /// What the stamp was of.
        kind: StampKind,
        /// The tag or the namespace.
        name: String,
    },
    /// A miss: it was stored before its node was restarted or replaced.
    OtherRun,
    /// A miss: it was stored for a type of another shape than is expected.
    OtherShape {
        /// The shape that it has, as 16 hexadecimal digits.
        shape: String,
    },
    /// A miss: what stands there is no entry, or can't be read as the one of this name.
    Foreign {
        /// Why, by the word that `docs/operations.md` explains.
        cause: &'static str,
    },
    /// A miss: nothing is stored, and somebody loads it now.
    Loading,
    /// A miss: nothing is stored. It never was, was invalidated, evicted, or its time is over.
    NeverStored,
    /// Its node can't be reached: calls run their functions.
    NodeAway {
        /// Why, by the word that `docs/operations.md` explains.
        cause: &'static str,
    },
}

impl Verdict {
    /// Whether the next read may be served what is stored.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        matches!(self, Self::Fresh { .. } | Self::Stale { .. })
    }
}
