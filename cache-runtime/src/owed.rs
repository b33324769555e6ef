//! Invalidations that Redis has not acknowledged: kept and retried, never dropped.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::stamp::Subject;
use crate::tag::shown;

/// Past this many owed entries of a cache, a further one is owed as its whole namespace.
const MOST: usize = 1_024;

/// How many are named to a person.
const SHOWN: usize = 16;

/// One invalidation: what of, and for an entry its names in Redis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    /// What to drop here, in this order: a tag's bucket before the tag.
    pub(crate) subjects: Vec<Subject>,
    pub(crate) namespace: Option<Arc<str>>,
    /// What to unlink, in this order: an entry's lease before the entry.
    pub(crate) names: Vec<String>,
    /// The stamp of its namespace, for an entry that is merged into it.
    pub(crate) namespace_stamp: String,
}

impl Target {
    fn shown(&self) -> String {
        match self.subjects.last() {
            Some(Subject::Tag(tag)) => format!("tag {}", shown(tag)),
            Some(Subject::Namespace(namespace)) => format!("namespace {namespace}"),
            _ => format!("entry {}", self.names.last().map_or("", String::as_str)),
        }
    }

    fn widened(&self) -> Option<Self> {
        let namespace = self.namespace.clone()?;
        matches!(self.subjects[..], [Subject::Entry(_)]).then(|| Self {
            subjects: vec![Subject::Namespace(Arc::clone(&namespace))],
            namespace: Some(namespace),
            names: vec![self.namespace_stamp.clone()],
            namespace_stamp: self.namespace_stamp.clone(),
        })
    }
}

/// What one cache owes. While anything is owed, this process serves nothing it covers.
#[derive(Debug, Default)]
pub(crate) struct Owed {
    /// With the number of the failure that left it here: a retry sent before a later failure does
    /// not settle that one.
    targets: Mutex<HashMap<Target, u64>>,
    count: AtomicUsize,
    emptied: Notify,
}

impl Owed {
    pub(crate) fn add(&self, targets: &[Target]) {
        let mut owed = self.targets.lock();
        for target in targets {
            let full = owed.len() >= MOST && !owed.contains_key(target);
            let wide = if full { target.widened() } else { None };
            let failures = owed
                .entry(wide.unwrap_or_else(|| target.clone()))
                .or_default();
            *failures += 1;
        }
        self.count.store(owed.len(), Ordering::Release);
    }

    /// Strikes out what was done, unless it failed again since [`all`](Self::all) was read.
    pub(crate) fn settle(&self, done: &[(Target, u64)]) {
        let mut owed = self.targets.lock();
        for (target, failures) in done {
            if owed.get(target) == Some(failures) {
                owed.remove(target);
            }
        }
        self.count.store(owed.len(), Ordering::Release);
        if owed.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Waits until nothing is owed.
    pub(crate) async fn settled(&self) {
        loop {
            // Made before the look, so that no settling between the two is missed.
            let emptied = self.emptied.notified();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }

    pub(crate) fn all(&self) -> Vec<(Target, u64)> {
        let owed = self.targets.lock();
        owed.iter()
            .map(|(target, failures)| (target.clone(), *failures))
            .collect()
    }

    /// What they are of, as a person reads it, and not more than a few.
    pub(crate) fn names(&self) -> Vec<String> {
        let owed = self.targets.lock();
        let mut names: Vec<_> = owed.keys().map(Target::shown).collect();
        drop(owed);
        names.sort_unstable();
        names.truncate(SHOWN);
        names
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Whether an entry that rests on these subjects may not be served.
    pub(crate) fn covers(&self, subjects: &[Subject]) -> bool {
        if self.len() == 0 {
            return false;
        }
        let owed = self.targets.lock();
        let mut of = owed.keys().flat_map(|target| &target.subjects);
        of.any(|subject| subjects.contains(subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u32) -> Target {
        Target {
            subjects: vec![Subject::Entry(n.into())],
            namespace: Some("ns".into()),
            names: vec![format!("lease{n}"), format!("entry{n}")],
            namespace_stamp: "stamp".to_owned(),
        }
    }

    #[test]
    fn what_is_owed_is_covered_until_it_is_settled() {
        let owed = Owed::default();
        let one = entry(1);
        assert!(!owed.covers(&one.subjects));
        owed.add(std::slice::from_ref(&one));
        owed.add(std::slice::from_ref(&one));
        assert_eq!(owed.len(), 1);
        assert!(owed.covers(&[one.subjects[0].clone(), Subject::Tag("t".into())]));
        assert!(!owed.covers(&entry(2).subjects));
        owed.settle(&owed.all());
        assert_eq!(owed.len(), 0);
    }

    #[test]
    fn a_retry_does_not_settle_a_later_failure() {
        let owed = Owed::default();
        owed.add(&[entry(1)]);
        let retried = owed.all();
        owed.add(&[entry(1)]);
        owed.settle(&retried);
        assert_eq!(owed.len(), 1);
    }

    #[test]
    fn past_the_limit_entries_are_owed_as_their_namespace() {
        let owed = Owed::default();
        let many: Vec<_> = (0..5_000).map(entry).collect();
        owed.add(&many);
        assert_eq!(owed.len(), MOST + 1);
        let last = [
            many[4_999].subjects[0].clone(),
            Subject::Namespace("ns".into()),
        ];
        assert!(owed.covers(&last), "none is dropped");
    }
}
