//! One read of one entry: what it is of, what it rests on, what it is called in Redis.

use std::sync::Arc;

use crate::clock::Moment;
use crate::error::{Result, check_name};
use crate::events::{Counters, Event, Miss, Unstored};
use crate::flight::Terms;
use crate::memory::{Held, Kept};
use crate::owed::Target;
use crate::policy::Policy;
use crate::site::{Digest, EntryName, Interned};
use crate::stamp::{Subject, Watch};
use crate::tag::Tag;
use crate::tiers::Tiers;
use crate::value::Cacheable;

/// A call's own part of a read: everything that does not depend on the value's type.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) site: &'static Interned,
    pub(crate) policy: Policy,
    pub(crate) key: Kept,
    pub(crate) counters: Arc<Counters>,
    pub(crate) digest: Digest,
    pub(crate) name: EntryName,
    /// The entry, its namespace, then its tags.
    pub(crate) subjects: Vec<Subject>,
    /// Why memory could not serve it.
    pub(crate) missed: Miss,
}

/// What a request is made from.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) site: &'static Interned,
    pub(crate) policy: Policy,
    /// With what stands beside the key.
    pub(crate) key: Kept,
    /// How much of it is the key.
    pub(crate) key_len: usize,
    pub(crate) readable: Option<String>,
    /// What memory said when it was asked first.
    pub(crate) missed: Miss,
}

impl Draft {
    /// Names everything; fails if a namespace or tag has a form that is refused.
    pub(crate) fn with_tags(self, tags: &[Tag]) -> Result<Request> {
        let namespace = Arc::clone(&self.site.namespace);
        check_name("namespace", &namespace)?;
        tags.iter().try_for_each(Tag::check)?;
        let digest = self.site.digest(&self.key.parts[..self.key_len]);
        let mut subjects = Vec::with_capacity(2 + tags.len());
        subjects.push(Subject::Entry(short(&digest)));
        subjects.push(Subject::Namespace(Arc::clone(&namespace)));
        subjects.extend(tags.iter().map(|tag| Subject::Tag(Arc::clone(tag.name()))));
        Ok(Request {
            counters: self.tiers.events.namespace(&namespace),
            name: self
                .tiers
                .names
                .entry(&namespace, &digest, self.readable.as_deref()),
            tiers: self.tiers,
            site: self.site,
            policy: self.policy,
            key: self.key,
            digest,
            subjects,
            missed: self.missed,
        })
    }
}

/// The 128 bits that name an entry.
pub(crate) fn short(digest: &Digest) -> [u8; 16] {
    std::array::from_fn(|i| digest[i])
}

impl Request {
    /// The cells of what the value will rest on, registered before anything is read.
    pub(crate) fn watch(&self) -> Watch {
        self.tiers.cells.watch(&self.subjects)
    }

    /// The subjects that have stamps: the namespace and the tags.
    pub(crate) fn stamped(&self) -> &[Subject] {
        &self.subjects[1..]
    }

    /// The name of a stamp in Redis.
    pub(crate) fn stamp_name(&self, subject: &Subject) -> String {
        match subject {
            Subject::Tag(tag) => self.tiers.names.tag(tag),
            Subject::Namespace(namespace) => self.tiers.names.namespace(namespace),
            Subject::Entry(_) => self.name.as_str().to_owned(),
        }
    }

    /// The entry as something to invalidate.
    pub(crate) fn target(&self) -> Target {
        Target {
            subject: self.subjects[0].clone(),
            namespace: Some(Arc::clone(&self.site.namespace)),
            names: vec![self.name.lease(), self.name.as_str().to_owned()],
            namespace_stamp: self.tiers.names.namespace(&self.site.namespace),
        }
    }

    /// Under which callers share one load of this entry.
    pub(crate) fn terms(&self) -> Terms {
        let until = match self.tiers.link {
            Some(_) => self.tiers.clock.now().plus_ms(self.tiers.limits.lag_ms),
            None => Moment(u64::MAX),
        };
        Terms {
            watch: self.watch(),
            until,
            verify: self.tiers.memory.is_none() && self.tiers.link.is_some(),
        }
    }

    /// The value in memory, if it may be served now.
    pub(crate) fn in_memory(&self) -> Option<Arc<Held>> {
        let memory = self.tiers.memory.as_ref()?;
        memory.get(self.key.sought(), self.tiers.clock.now()).ok()
    }

    /// Keeps a value in memory, where it is served while its watch holds; whether it is there.
    pub(crate) fn keep<T: Cacheable>(&self, held: &Arc<Held<T>>) -> bool {
        let Some(memory) = &self.tiers.memory else {
            return false;
        };
        // What may not be served would only push out what may.
        if held.until <= self.tiers.clock.now() || !held.watch.holds() {
            return false;
        }
        let held: Arc<Held> = Arc::<Held<T>>::clone(held);
        let kept = memory.insert(self.key.clone(), held);
        if !kept {
            self.emit(Event::Unstored(Unstored::Memory));
        }
        kept
    }

    pub(crate) fn emit(&self, event: Event<'_>) {
        self.tiers
            .events
            .emit(&self.site.namespace, &self.counters, event);
    }

    pub(crate) fn miss(&self, why: Miss) {
        self.emit(Event::Miss(why));
    }

    pub(crate) fn trouble(&self, doing: &'static str, cause: &str) {
        self.emit(Event::Trouble { doing, cause });
    }
}
