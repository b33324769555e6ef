//! The statistics as a caller reads them.

use std::ops::{AddAssign, Deref, DerefMut};

use serde::{Deserialize, Serialize};

use super::sums::{Sum, sums};
use super::{Counts, NodeStats};

/// The statistics of a cache since it was built. `Display` prints those of its namespaces as a table.
///
/// Those of several processes add up with `+=`: counts and histograms to their sums, which is also what is told of
/// memory, and of nodes as [`NodeStats`] says. They can be written by any `serde` format: a field that a reader does not
/// know is passed over, and one that is missing is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Stats {
    /// A row for each namespace, by name. Past 1,024 of them all others share the row `(others)`.
    pub namespaces: Vec<NamespaceStats>,
    /// A row for each annotated function that was called, by namespace and path. Past 1,024 of them the others share a
    /// row `(others)` in each namespace.
    pub functions: Vec<FunctionStats>,
    /// What this process's memory has.
    pub memory: MemoryStats,
    /// A row for each node of Redis, by its address.
    pub nodes: Vec<NodeStats>,
}

/// The figures of a namespace: the sum of its functions', and what belongs to no function, which are invalidations of the
/// namespace and calls by hand. Each of [`Counts`] is a field of it as well: `row.loads`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NamespaceStats {
    /// The namespace.
    pub namespace: String,
    /// What happened there.
    pub counts: Counts,
}

/// The figures of an annotated function, at all types that it is called at. Each of [`Counts`] is a field of it as well:
/// `row.loads`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FunctionStats {
    /// Its path: `shop::users::find`, as [`SiteInfo::function`](crate::SiteInfo::function) has it.
    pub function: String,
    /// Its namespace.
    pub namespace: String,
    /// What its calls came to.
    pub counts: Counts,
}

sums! {
    /// What this process's memory has, over all functions.
    pub struct MemoryStats {
        /// Entries at this moment, counting those that expired and were not yet dropped.
        pub entries: u64,
        /// What these take of the process at this moment, in bytes, with their keys, tags and tables.
        pub bytes: u64,
        /// What they may take, in bytes: `memory_bytes` of the settings.
        pub most_bytes: u64,
        /// Pushes of Redis of a tag, a namespace or everything that made something invalid here, most often as another
        /// process invalidated or expired it. A tag's or namespace's first use anywhere is told of as well.
        pub received_invalidations: u64,
        /// Pushes of Redis of an entry that made something invalid here: it was stored anew, invalidated or expired, or
        /// its lease changed hands. This process's own stores are among them, as Redis tells of those too.
        pub received_changes: u64,
    }
}

impl Stats {
    /// The row of one namespace, if anything happened there and it has its own.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<&NamespaceStats> {
        self.namespaces.iter().find(|row| row.namespace == name)
    }

    /// The row of the function of this path, if it was called and has its own.
    #[must_use]
    pub fn function(&self, path: &str) -> Option<&FunctionStats> {
        self.functions.iter().find(|row| row.function == path)
    }
}

/// A row of a table, which adds up with that of the same name.
trait Row: Sum + Clone {
    fn name(&self) -> (&str, &str);
}

impl Row for NamespaceStats {
    fn name(&self) -> (&str, &str) {
        (&self.namespace, "")
    }
}

impl Row for FunctionStats {
    fn name(&self) -> (&str, &str) {
        (&self.namespace, &self.function)
    }
}

impl Row for NodeStats {
    fn name(&self) -> (&str, &str) {
        (&self.node, "")
    }
}

/// Adds the rows of one table to those of another, which stay in order.
fn add<R: Row>(rows: &mut Vec<R>, others: &[R]) {
    rows.sort_by(|one, other| one.name().cmp(&other.name()));
    for other in others {
        match rows.binary_search_by(|row| row.name().cmp(&other.name())) {
            Ok(at) => rows[at].add(other),
            Err(at) => rows.insert(at, other.clone()),
        }
    }
}

impl AddAssign<&Self> for Stats {
    fn add_assign(&mut self, other: &Self) {
        add(&mut self.namespaces, &other.namespaces);
        add(&mut self.functions, &other.functions);
        self.memory.add(&other.memory);
        add(&mut self.nodes, &other.nodes);
    }
}

impl Sum for NamespaceStats {
    fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
    }
}

impl Sum for FunctionStats {
    fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
    }
}

impl Deref for NamespaceStats {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.counts
    }
}

impl DerefMut for NamespaceStats {
    fn deref_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }
}

impl Deref for FunctionStats {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.counts
    }
}

impl DerefMut for FunctionStats {
    fn deref_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }
}

/// The rows that links tell of, one for each node.
pub(crate) fn by_node(links: Vec<NodeStats>) -> Vec<NodeStats> {
    let mut nodes = Vec::new();
    add(&mut nodes, &links);
    nodes
}
