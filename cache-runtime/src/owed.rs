//! Invalidations that Redis has not acknowledged: kept and retried, never dropped.
//!
//! Each target is owed once, however often it failed. There is a limit to how many are kept apart;
//! past it they are owed as something wider, so that memory is bounded and nothing is forgotten.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;
use tokio::sync::Notify;

use crate::stamp::Subject;
use crate::tag::shown;

/// Past this many owed entries of a cache, a further one is owed as its whole namespace.
const MOST_ENTRIES: usize = 1_024;

/// Past this many owed tags and namespaces of a cache, everything is owed.
const MOST_STAMPS: usize = 16_384;

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
    debts: RwLock<Debts>,
    count: AtomicUsize,
    emptied: Notify,
}

/// One target, with the number of the failure that left it here: a retry sent before a later
/// failure does not settle that one.
pub(crate) type Debt = (Arc<Target>, u64);

type BySubject = HashMap<Subject, Debt, foldhash::quality::RandomState>;

/// By what they are of, so that a read looks up what it rests on and no more.
#[derive(Debug, Default)]
struct Debts {
    entries: BySubject,
    /// Tags and namespaces.
    stamps: BySubject,
    /// The last failure of all, or while more was owed than is kept apart.
    everything: Option<u64>,
    failures: u64,
}

impl Debts {
    fn add(&mut self, target: &Target) {
        self.failures = self.failures.wrapping_add(1);
        let Some(of) = target.subjects.last().filter(|_| self.everything.is_none()) else {
            self.everything = Some(self.failures);
            return;
        };
        let is_entry = matches!(of, Subject::Entry(_));
        let has_room = self.entries.len() < MOST_ENTRIES || self.entries.contains_key(of);
        match target.widened() {
            Some(wide) if is_entry && !has_room => self.add_stamp(wide),
            _ if is_entry => {
                let debt = (Arc::new(target.clone()), self.failures);
                self.entries.insert(of.clone(), debt);
            }
            _ => self.add_stamp(target.clone()),
        }
    }

    fn add_stamp(&mut self, target: Target) {
        let Some(of) = target.subjects.last().cloned() else {
            return;
        };
        if self.stamps.len() >= MOST_STAMPS && !self.stamps.contains_key(&of) {
            return self.widen();
        }
        let debt = (Arc::new(target), self.failures);
        self.stamps.insert(of, debt);
    }

    /// Everything is owed from now on, and with it all that was kept apart.
    fn widen(&mut self) {
        *self = Self {
            everything: Some(self.failures),
            failures: self.failures,
            ..Self::default()
        };
    }

    fn of(&mut self, subject: &Subject) -> &mut BySubject {
        match subject {
            Subject::Entry(_) => &mut self.entries,
            _ => &mut self.stamps,
        }
    }

    fn settle(&mut self, (target, failure): &Debt) {
        let Some(subject) = target.subjects.last() else {
            return;
        };
        let debts = self.of(subject);
        if debts.get(subject).is_some_and(|(_, last)| last == failure) {
            debts.remove(subject);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Debt> {
        self.entries.values().chain(self.stamps.values())
    }

    fn len(&self) -> usize {
        self.entries.len() + self.stamps.len() + usize::from(self.everything.is_some())
    }
}

impl Owed {
    pub(crate) fn add(&self, targets: &[Target]) {
        let mut debts = self.debts.write();
        targets.iter().for_each(|target| debts.add(target));
        self.count.store(debts.len(), Ordering::Release);
    }

    /// Owes everything there is.
    pub(crate) fn add_everything(&self) {
        let mut debts = self.debts.write();
        debts.failures = debts.failures.wrapping_add(1);
        debts.widen();
        self.count.store(debts.len(), Ordering::Release);
    }

    /// Strikes out what was done, unless it failed again since [`all`](Self::all) was read.
    pub(crate) fn settle(&self, done: &[Debt]) {
        self.strike(|debts| done.iter().for_each(|debt| debts.settle(debt)));
    }

    /// The same of all that was owed as [`everything`](Self::everything).
    pub(crate) fn settle_everything(&self, failure: u64) {
        self.strike(|debts| {
            if debts.everything == Some(failure) {
                debts.everything = None;
            }
        });
    }

    fn strike(&self, out: impl FnOnce(&mut Debts)) {
        let mut debts = self.debts.write();
        out(&mut debts);
        self.count.store(debts.len(), Ordering::Release);
        if debts.len() == 0 {
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

    /// All that is kept apart.
    pub(crate) fn all(&self) -> Vec<Debt> {
        self.debts.read().all().cloned().collect()
    }

    /// The last failure, where everything is owed.
    pub(crate) fn everything(&self) -> Option<u64> {
        self.debts.read().everything
    }

    /// What they are of, as a person reads it, and not more than a few.
    pub(crate) fn names(&self) -> Vec<String> {
        let debts = self.debts.read();
        let mut names: Vec<_> = debts.all().map(|(target, _)| target.shown()).collect();
        names.extend(debts.everything.map(|_| "everything".to_owned()));
        drop(debts);
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
        let debts = self.debts.read();
        let is_owed = |subject: &Subject| match subject {
            Subject::Entry(_) => debts.entries.contains_key(subject),
            _ => debts.stamps.contains_key(subject),
        };
        debts.everything.is_some() || subjects.iter().any(is_owed)
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
    fn everything_is_owed_until_it_is_settled_as_such() {
        let owed = Owed::default();
        owed.add(&[entry(1)]);
        let before = owed.all();
        owed.add_everything();
        let first = owed.everything().unwrap();
        owed.add_everything();
        assert_eq!((owed.len(), owed.names()), (1, vec!["everything".into()]));
        owed.settle(&before);
        owed.settle_everything(first);
        assert!(owed.covers(&entry(2).subjects), "a later failure stays");
        owed.settle_everything(owed.everything().unwrap());
        assert!(!owed.covers(&entry(1).subjects));
    }

    fn tag(n: u32) -> Target {
        let name: Arc<str> = format!("tag{n}").into();
        Target {
            subjects: vec![Subject::bucket(&name), Subject::Tag(Arc::clone(&name))],
            namespace: None,
            names: vec!["bucket".to_owned(), name.to_string()],
            namespace_stamp: String::new(),
        }
    }

    #[test]
    fn past_the_limit_entries_are_owed_as_their_namespace() {
        let owed = Owed::default();
        let many: Vec<_> = (0..5_000).map(entry).collect();
        owed.add(&many);
        assert_eq!(owed.len(), MOST_ENTRIES + 1);
        let last = [
            many[4_999].subjects[0].clone(),
            Subject::Namespace("ns".into()),
        ];
        assert!(owed.covers(&last), "none is dropped");
    }

    #[test]
    fn a_tag_is_owed_once_however_often_it_fails_and_covers_no_other() {
        let owed = Owed::default();
        for _ in 0..3 {
            owed.add(&(0..MOST_STAMPS as u32).map(tag).collect::<Vec<_>>());
        }
        assert_eq!((owed.len(), owed.everything()), (MOST_STAMPS, None));
        assert!(owed.covers(&tag(7).subjects));
        let other = Subject::Tag("other".into());
        assert!(!owed.covers(&[other, Subject::bucket("tag7")]));
        owed.settle(&owed.all());
        assert_eq!(owed.len(), 0);
    }

    #[test]
    fn past_the_limit_everything_is_owed_until_it_is_settled_as_such() {
        let owed = Owed::default();
        owed.add(&[entry(1)]);
        let before = owed.all();
        owed.add(&(0..200_000).map(tag).collect::<Vec<_>>());
        assert_eq!((owed.len(), owed.all().len()), (1, 0));
        assert_eq!(owed.names(), ["everything"]);
        owed.settle(&before);
        let retried = owed.everything().unwrap();
        owed.add(&[tag(0)]);
        owed.settle_everything(retried);
        for of in [tag(0), tag(199_999), entry(1), entry(2)] {
            assert!(owed.covers(&of.subjects), "a later failure is not settled");
        }
        owed.settle_everything(owed.everything().unwrap());
        assert_eq!(owed.len(), 0);
        owed.add(&[tag(1)]);
        assert_eq!((owed.len(), owed.covers(&tag(2).subjects)), (1, false));
    }
}
