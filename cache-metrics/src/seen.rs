//! A cache's figures at one moment, under the labels that they are exported with.
//!
//! A label is never text that a program was given: namespaces made at run time, from input, share one.

use std::collections::{BTreeMap, BTreeSet};

use cache_runtime::{Cache, Counts, Health, Stats};

use crate::rate::Rate;

/// The label of namespaces that no annotation names.
pub(crate) const AT_RUN_TIME: &str = "(at run time)";

/// What was seen of a cache.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) stats: Stats,
    pub(crate) health: Health,
    /// The figures of each namespace, by its label.
    pub(crate) namespaces: BTreeMap<String, Counts>,
    /// Those of each function, by the labels of its namespace and itself; of what belongs to no function under none.
    pub(crate) functions: BTreeMap<(String, String), Counts>,
    /// How often calls were hits of late, by namespace, and of all under none.
    pub(crate) rates: BTreeMap<String, Rate>,
    /// What servers say of themselves, where they are asked.
    pub(crate) servers: Vec<Server>,
}

/// What a server says of itself, by field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    pub(crate) node: String,
    /// `INFO`.
    pub(crate) info: BTreeMap<String, String>,
    /// `CLUSTER INFO`, in a cluster.
    pub(crate) cluster: BTreeMap<String, String>,
}

impl Seen {
    /// Asks the cache.
    pub(crate) fn of(cache: &Cache) -> Self {
        let stats = cache.stats();
        let declared: BTreeSet<_> = cache
            .sites()
            .into_iter()
            .map(|site| site.namespace)
            .collect();
        let label = |namespace: &str| match declared.contains(namespace) {
            true => namespace.to_owned(),
            false => AT_RUN_TIME.to_owned(),
        };
        let mut namespaces = BTreeMap::<_, Counts>::new();
        let mut functions = BTreeMap::<_, Counts>::new();
        for row in &stats.functions {
            let of = (label(&row.namespace), row.function.clone());
            *functions.entry(of).or_default() += &row.counts;
        }
        for row in &stats.namespaces {
            *namespaces.entry(label(&row.namespace)).or_default() += &row.counts;
        }
        Self {
            health: cache.health(),
            stats,
            namespaces,
            functions,
            rates: BTreeMap::new(),
            servers: Vec::new(),
        }
    }
}
