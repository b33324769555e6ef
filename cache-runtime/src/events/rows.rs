//! The counters of a cache, by namespace and function.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::RandomState;
use parking_lot::RwLock;

use super::sums::Sum as _;
use super::{Counters, FunctionStats, NamespaceStats};
use crate::clock::Moment;
use crate::sketch::{Digests, FUNCTIONS, Insight, NeverRead, Sketch};

/// How many namespaces of a cache have a row of their own, and how many functions.
const MOST: usize = 1_024;

/// The row that all further namespaces share, and in each namespace all further functions.
pub(super) const OTHERS: &str = "(others)";

/// The rows. Namespaces may be made at run time, from input, and a function's path is as long as its author likes; so
/// the first [`MOST`] of each have a row.
#[derive(Debug, Default)]
pub(super) struct Rows(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    namespaces: ByName<Namespace>,
    /// How many functions have a row of their own.
    functions: usize,
    /// What is learnt of functions: of the first ones by themselves, then of all others.
    sketches: Vec<Arc<Sketch>>,
}

type ByName<T> = HashMap<Arc<str>, T, RandomState>;

#[derive(Debug, Default)]
struct Namespace {
    /// Of what belongs to no function.
    own: Arc<Counters>,
    functions: ByName<Arc<Counters>>,
}

impl Rows {
    pub(super) fn namespace(&self, name: &str) -> Arc<Counters> {
        if let Some(found) = self.0.read().namespaces.get(name) {
            return Arc::clone(&found.own);
        }
        Arc::clone(&self.0.write().namespace(name).own)
    }

    /// The counters of a function; those of its namespace where it has no path.
    pub(super) fn function(&self, namespace: &str, path: &str) -> Arc<Counters> {
        if path.is_empty() {
            return self.namespace(namespace);
        }
        if let Some(found) = self.0.read().function(namespace, path) {
            return Arc::clone(found);
        }
        self.0.write().make_function(namespace, path)
    }

    /// The counters of each namespace that belong to no function.
    pub(super) fn namespaces(&self) -> Vec<(Arc<str>, Arc<Counters>)> {
        let known = self.0.read();
        let rows = known.namespaces.iter();
        rows.map(|(name, row)| (Arc::clone(name), Arc::clone(&row.own)))
            .collect()
    }

    pub(super) fn snapshot(&self, learnt: Learnt<'_>) -> (Vec<NamespaceStats>, Vec<FunctionStats>) {
        let (mut namespaces, mut functions) = (Vec::new(), Vec::new());
        let known = self.0.read();
        for (namespace, row) in &known.namespaces {
            let mut counts = row.own.snapshot();
            for (path, counters) in &row.functions {
                let of_function = counters.snapshot();
                counts.add(&of_function);
                functions.push(FunctionStats {
                    function: path.to_string(),
                    namespace: namespace.to_string(),
                    counts: of_function,
                    insight: learnt.of(counters),
                });
            }
            namespaces.push(NamespaceStats {
                namespace: namespace.to_string(),
                counts,
            });
        }
        if let Some(shared) = known.sketches.get(FUNCTIONS) {
            functions.push(FunctionStats {
                function: OTHERS.to_owned(),
                namespace: OTHERS.to_owned(),
                insight: learnt.of_sketch(shared),
                ..FunctionStats::default()
            });
        }
        namespaces.sort_by(|a, b| a.namespace.cmp(&b.namespace));
        functions.sort_by(|a, b| (&a.namespace, &a.function).cmp(&(&b.namespace, &b.function)));
        (namespaces, functions)
    }
}

/// What a snapshot asks of sketches.
#[derive(Clone, Copy)]
pub(crate) struct Learnt<'a> {
    /// When it is.
    pub(crate) now: Moment,
    /// How many keys each list has.
    pub(crate) keys: usize,
    pub(crate) digests: Digests<'a>,
    /// By the place of a function's sketch.
    pub(crate) never_read: &'a [NeverRead],
}

impl Learnt<'_> {
    /// For a test of counts.
    #[cfg(test)]
    pub(crate) const NOTHING: Learnt<'static> = Learnt {
        now: Moment(0),
        keys: 0,
        digests: &|_, _| None,
        never_read: &[],
    };

    fn of(&self, counters: &Counters) -> Insight {
        let Some(sketch) = counters.sketch().filter(|sketch| !sketch.is_shared()) else {
            return Insight::default();
        };
        counters.look_for(sketch, self.now);
        self.of_sketch(sketch)
    }

    fn of_sketch(&self, sketch: &Sketch) -> Insight {
        let never_read = self.never_read.get(usize::from(sketch.index()));
        let mut insight = sketch.snapshot(self.now, self.digests).shortened(self.keys);
        insight.never_read = never_read.cloned().unwrap_or_default();
        insight
    }
}

impl Known {
    /// The row of a namespace, or the one that it shares.
    fn namespace(&mut self, name: &str) -> &mut Namespace {
        let is_known = self.namespaces.len() < MOST || self.namespaces.contains_key(name);
        let row = if is_known { name } else { OTHERS };
        self.namespaces.entry(row.into()).or_default()
    }

    fn function(&self, namespace: &str, path: &str) -> Option<&Arc<Counters>> {
        self.namespaces.get(namespace)?.functions.get(path)
    }

    /// That of the function that comes next.
    fn next_sketch(&mut self) -> Arc<Sketch> {
        let at = self.sketches.len().min(FUNCTIONS);
        if at == self.sketches.len() {
            self.sketches.push(Arc::new(Sketch::new(at)));
        }
        Arc::clone(&self.sketches[at])
    }

    fn make_function(&mut self, namespace: &str, path: &str) -> Arc<Counters> {
        let has_room = self.functions < MOST;
        let functions = &self.namespace(namespace).functions;
        let is_new = !functions.contains_key(path);
        let path = if is_new && !has_room { OTHERS } else { path };
        let sketch = match functions.contains_key(path) {
            true => None,
            false => Some(self.next_sketch()),
        };
        let functions = &mut self.namespace(namespace).functions;
        let made = || Arc::new(sketch.map(Counters::of_function).unwrap_or_default());
        let counters = Arc::clone(functions.entry(path.into()).or_insert_with(made));
        self.functions += usize::from(is_new && has_room);
        counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Event, Miss};

    fn miss(counters: &Counters) {
        counters.count(Event::Miss(Miss::Absent));
    }

    #[test]
    fn a_namespace_is_the_sum_of_its_functions_and_of_what_belongs_to_none() {
        let rows = Rows::default();
        miss(&rows.function("a", "one"));
        miss(&rows.function("a", "other"));
        miss(&rows.function("a", "other"));
        miss(&rows.function("a", ""));
        miss(&rows.function("b", "one"));
        let (namespaces, functions) = rows.snapshot(Learnt::NOTHING);
        let namespaces: Vec<_> = namespaces
            .iter()
            .map(|row| (row.namespace.as_str(), row.misses.absent))
            .collect();
        assert_eq!(namespaces, [("a", 4), ("b", 1)]);
        let functions: Vec<_> = functions
            .iter()
            .map(|row| {
                (
                    row.namespace.as_str(),
                    row.function.as_str(),
                    row.misses.absent,
                )
            })
            .collect();
        assert_eq!(
            functions,
            [("a", "one", 1), ("a", "other", 2), ("b", "one", 1)]
        );
    }

    #[test]
    fn past_the_limit_rows_are_shared_and_nothing_is_lost() {
        let rows = Rows::default();
        for n in 0..2 * MOST {
            miss(&rows.function("a", &n.to_string()));
            miss(&rows.function(&format!("made {n}"), ""));
        }
        let (namespaces, functions) = rows.snapshot(Learnt::NOTHING);
        assert_eq!(namespaces.len(), MOST + 1);
        assert_eq!(
            functions.len(),
            MOST + 2,
            "one of the sketch that most share"
        );
        let is_others = |row: &&FunctionStats| row.function == OTHERS && row.namespace == "a";
        let others = functions.iter().find(is_others).unwrap();
        assert_eq!(others.misses.absent, MOST as u64);
        let all = namespaces.iter().map(|row| row.misses.absent);
        assert_eq!(all.sum::<u64>(), 4 * MOST as u64);
    }
}
