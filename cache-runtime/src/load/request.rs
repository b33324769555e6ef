//! One read of one entry: what it is of, what it rests on, what it is called in Redis.

use std::sync::Arc;

use super::allowance::Allowance;
use crate::clock::Moment;
use crate::error::{Result, check_name};
use crate::events::{Counters, Event, Miss, Unstored};
use crate::flight::Terms;
use crate::memory::{Held, Kept, Memory};
use crate::owed::Target;
use crate::policy::{Consistency, OnOutage, Policy};
use crate::site::{Digest, EntryName, Interned};
use crate::stamp::{Subject, Vouch, Watch};
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
    /// Whether tags come of its value.
    pub(crate) derives_tags: bool,
    /// Why memory could not serve it.
    pub(crate) missed: Miss,
    /// How much longer it may wait for Redis.
    pub(crate) allowance: Allowance,
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
    pub(crate) derives_tags: bool,
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
        let names = &self.tiers.names;
        let name = names.entry(&namespace, &digest, self.readable.as_deref());
        let mut subjects = Vec::with_capacity(2 + tags.len());
        subjects.push(Subject::entry(name.as_str()));
        subjects.push(Subject::Namespace(Arc::clone(&namespace)));
        subjects.extend(tags.iter().map(|tag| Subject::Tag(Arc::clone(tag.name()))));
        Ok(Request {
            counters: self.tiers.events.namespace(&namespace),
            allowance: Allowance::ms(self.tiers.limits.allowance_ms),
            name,
            tiers: self.tiers,
            site: self.site,
            policy: self.policy,
            key: self.key,
            digest,
            subjects,
            derives_tags: self.derives_tags,
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

    /// The cells of every bucket of tags, if its tags come of its value: a load under way rests on
    /// all of them.
    pub(crate) fn bucket_watch(&self) -> Watch {
        let buckets: Vec<_> = match self.derives_tags {
            true => Subject::buckets().collect(),
            false => Vec::new(),
        };
        self.tiers.cells.watch(&buckets)
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
            Subject::Bucket(bucket) => self.tiers.names.bucket(*bucket),
            Subject::Entry(_) => self.name.as_str().to_owned(),
        }
    }

    /// The keys in Redis of all that its value will rest on.
    fn names(&self) -> impl Iterator<Item = String> {
        let buckets = self.derives_tags.then(Subject::buckets);
        let subjects = self.subjects.iter().cloned();
        let subjects = subjects.chain(buckets.into_iter().flatten());
        subjects.map(|subject| self.stamp_name(&subject))
    }

    /// The entry as something to invalidate.
    pub(crate) fn target(&self) -> Target {
        Target {
            subjects: vec![self.subjects[0].clone()],
            namespace: Some(Arc::clone(&self.site.namespace)),
            names: vec![self.name.lease(), self.name.as_str().to_owned()],
            namespace_stamp: self.tiers.names.namespace(&self.site.namespace),
        }
    }

    /// Under which callers share one load of this entry: those of a hit in memory.
    pub(crate) fn terms(&self) -> Terms {
        let vouch = match &self.tiers.redis {
            None => Vouch::empty(),
            Some(redis) => redis.vouch(self.names()),
        };
        let rests = self.watch().and(self.bucket_watch().cells());
        Terms {
            watch: rests.and(vouch.cells()),
            until: match vouch.pushes() {
                true => Moment(u64::MAX),
                // Nobody tells of invalidations elsewhere.
                false => self.lag_from_now(),
            },
            verify: self.is_checked(),
        }
    }

    /// The end of what is trusted from now on without pushes.
    pub(crate) fn lag_from_now(&self) -> Moment {
        self.tiers.clock.now().plus_ms(self.tiers.limits.lag_ms)
    }

    /// Whether a caller is served only what Redis said after it called: a `strong` site's, and with
    /// memory off any, as nobody expects a lag there.
    pub(crate) fn is_checked(&self) -> bool {
        self.tiers.redis.is_some() && (self.is_strong() || self.tiers.memory.is_none())
    }

    /// Whether it is of a `strong` site, which memory may not serve. Without Redis memory is all
    /// there is, and can't be behind.
    pub(crate) fn is_strong(&self) -> bool {
        self.policy.consistency == Consistency::Strong && self.tiers.redis.is_some()
    }

    fn memory(&self) -> Option<&Memory> {
        self.tiers.memory.as_ref().filter(|_| !self.is_strong())
    }

    /// The value in memory, if it may be served now.
    pub(crate) fn in_memory(&self) -> Option<Arc<Held>> {
        let now = self.tiers.clock.now();
        self.memory()?.get(self.key.sought(), now).ok()
    }

    /// The value in memory, if it may be served now while it is refreshed.
    pub(crate) fn stale_in_memory<T: Cacheable>(&self) -> Option<Arc<Held<T>>> {
        let mut held = self.memory()?.peek(self.key.sought())?.typed()?;
        if held.watch.is_expired()
            && let Some(held) = Arc::get_mut(&mut held)
        {
            held.until = held.until.min(self.tiers.clock.now());
        }
        self.may_serve(&held).then_some(held)
    }

    /// The value in memory, if Redis can't be asked and the site would rather serve it unchecked.
    pub(crate) fn unchecked_in_memory<T: Cacheable>(&self) -> Option<Arc<Held<T>>> {
        if self.policy.on_outage != OnOutage::Serve {
            return None;
        }
        let held = self.memory()?.peek(self.key.sought())?;
        let end = match held.watch.is_expired() {
            true => held.stale_end(),
            false => held.stale_until,
        };
        (self.tiers.clock.now() < end).then(|| held.typed())?
    }

    /// A stale value that another process refreshes: served without a look until its store is pushed,
    /// or for `lag`.
    pub(crate) fn rested<T: Cacheable>(&self, mut stale: Arc<Held<T>>) -> Arc<Held<T>> {
        let look_again = self.lag_from_now();
        // Just read, so nobody else has it yet.
        if let Some(held) = Arc::get_mut(&mut stale) {
            held.until = look_again.min(held.stale_until);
            held.is_stale = true;
        }
        stale
    }

    /// A stale value that was just read, under the cells that tell of it from now on, if nothing it
    /// rests on was invalidated since.
    pub(crate) fn still<T: Cacheable>(
        &self,
        mut stale: Arc<Held<T>>,
        still: &Watch,
    ) -> Option<Arc<Held<T>>> {
        let held = Arc::get_mut(&mut stale)?;
        let (_, others) = held.watch.split_at(self.subjects.len());
        held.watch = still.and(others);
        self.may_serve(&stale).then_some(stale)
    }

    /// Whether a value may be served as stale.
    pub(crate) fn may_serve<T>(&self, held: &Held<T>) -> bool {
        let now = self.tiers.clock.now();
        now < held.stale_end() && held.watch.holds_stale(now)
    }

    /// Keeps a value in memory, where it is served while its watch holds; whether it is there.
    pub(crate) fn keep<T: Cacheable>(&self, held: &Arc<Held<T>>) -> bool {
        let Some(memory) = self.memory() else {
            return false;
        };
        // What may not be served would only push out what may.
        let now = self.tiers.clock.now();
        if held.stale_until <= now || !held.watch.holds(now) {
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
