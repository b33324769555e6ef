//! One read of one entry: what it is of, what it rests on, what it is called in Redis.

use std::sync::Arc;
use std::time::Duration;

use super::allowance::Allowance;
use super::hooks::Hooks;
use super::there::There;
use crate::clock::{Moment, Stopwatch};
use crate::error::{CacheError, Result, check_name};
use crate::events::{Counters, Event, Lending, Miss, Observed, Of, Served, Tally, Tier, Unstored};
use crate::flight::Terms;
use crate::frame::{CodecId, Lock};
use crate::key::integer;
use crate::kind::Kind;
use crate::memory::{Held, Kept, LoadId, Memory};
use crate::owed::Target;
use crate::policy::{Consistency, OnOutage, Policy};
use crate::redis::Topology;
use crate::site::{Digest, EntryName, Interned, Spec};
use crate::sketch::{HadSettings, SeenKey};
use crate::stamp::{Basis, Cell, Subject, Vouch, Watch};
use crate::tag::{MOST_TAGS, Tag};
use crate::tiers::{Tiers, skips_memory};
use crate::value::Erased;

/// A call's own part of a read.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) site: &'static Interned,
    /// The type of its value.
    pub(crate) kind: &'static Kind,
    pub(crate) namespace: Arc<str>,
    pub(crate) policy: Policy,
    pub(crate) key: Kept,
    pub(crate) counters: Arc<Counters>,
    /// What the call comes to that it is of, if it is of one.
    pub(crate) tally: Arc<Tally>,
    pub(crate) digest: Digest,
    pub(crate) name: EntryName,
    /// The entry, its namespace, then its tags.
    pub(crate) subjects: Vec<Subject>,
    /// What it asks of the annotation's author.
    pub(crate) hooks: Hooks,
    /// Why memory could not serve it.
    pub(crate) missed: Miss,
    /// How much longer it may wait for Redis.
    pub(crate) allowance: Allowance,
    /// How far ahead of its end this call refreshes an entry, in load times; 0.0 for never.
    pub(crate) ahead: f64,
    /// Whether it loads and stores, whatever the tiers have.
    pub(crate) reloads: bool,
    /// Who is to be told what becomes of it.
    pub(crate) observer: Observed,
    /// Who is to be told what it rests on.
    pub(crate) lending: Option<Arc<Lending>>,
    /// Since when it waits for others, where that was not with this read.
    pub(crate) waiting: Option<Stopwatch>,
    /// The load whose value does not serve this call.
    pub(crate) refused: Option<LoadId>,
    /// What memory had and the call is served, while it is audited.
    pub(crate) audited: Option<Arc<Held>>,
    /// What was found of the entry before this read began, if it is known that it can't be served.
    pub(crate) invalid: Option<Invalid>,
}

/// Why an entry can't be served, and what stands there.
pub(crate) type Invalid = (Miss, There);

/// What a request is made from.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) site: &'static Interned,
    /// The type of its value.
    pub(crate) kind: &'static Kind,
    pub(crate) namespace: Arc<str>,
    pub(crate) policy: Policy,
    /// With what stands beside the key.
    pub(crate) key: Kept,
    /// How much of it is the key.
    pub(crate) key_len: usize,
    pub(crate) readable: Option<String>,
    /// What memory said when it was asked first.
    pub(crate) missed: Miss,
    /// What was drawn then.
    pub(crate) ahead: f64,
    /// Whether the call is to reload the entry.
    pub(crate) reloads: bool,
    /// Who is to be told what becomes of it.
    pub(crate) observer: Observed,
    /// The load that memory had, whose value does not serve this call.
    pub(crate) refused: Option<LoadId>,
    /// What memory has, and the call is to be served while it is audited.
    pub(crate) audited: Option<Arc<Held>>,
    /// Whether it is of a call, which is counted when it ends.
    pub(crate) is_call: bool,
}

impl Draft {
    /// Names everything; fails if the namespace or a tag is refused, or there are too many.
    pub(crate) fn with_tags(self, tags: &[Tag], hooks: Hooks) -> Result<Request> {
        let namespace = self.namespace;
        check_name("namespace", &namespace)?;
        if tags.len() > MOST_TAGS {
            return Err(CacheError::TooManyTags { limit: MOST_TAGS });
        }
        let tags = tags.iter().map(|tag| tag.name().map(Arc::clone));
        let tags = tags.collect::<Result<Vec<_>>>()?;
        let digest = self.site.digest(&self.key.parts[..self.key_len]);
        let names = &self.tiers.names;
        let name = names.entry(&namespace, &digest, self.readable.as_deref());
        let mut subjects = Vec::with_capacity(2 + tags.len());
        subjects.push(Subject::entry(name.as_str()));
        subjects.push(Subject::Namespace(Arc::clone(&namespace)));
        let events = &self.tiers.events;
        events.used(Of::Namespace, &namespace);
        tags.iter().for_each(|tag| events.used(Of::Tag, tag));
        subjects.extend(tags.into_iter().map(Subject::Tag));
        let counters = events.function(&namespace, &self.site.path);
        if let Some(sketch) = counters.sketch().filter(|_| self.is_call) {
            let seen = SeenKey {
                hash: self.key.hash,
                digest: short(&digest),
                text: names.readable(name.as_str()).map(|(_, key)| key),
            };
            let key = &self.key.parts[..self.key_len];
            sketch.passed(self.tiers.clock.now(), seen, id(key, seen.text));
            let had = settings(&self.policy);
            let has_beside = self.key_len < self.key.parts.len();
            let pattern = || self.site.spec.map(Spec::pattern).unwrap_or_default();
            let before = || counters.before(self.tiers.clock.now().ms_since(self.tiers.began));
            sketch.is_of(had, has_beside, (pattern, before));
        }
        let tally = match self.is_call {
            true => Tally::of_call(Arc::clone(&counters)),
            false => Tally::of_none(Arc::clone(&counters)),
        };
        Ok(Request {
            counters,
            tally: Arc::new(tally),
            allowance: Allowance::ms(
                self.tiers.limits.allowance_ms,
                Arc::clone(&self.tiers.crowd),
            ),
            name,
            tiers: self.tiers,
            site: self.site,
            kind: self.kind,
            namespace,
            policy: self.policy,
            key: self.key,
            digest,
            subjects,
            hooks,
            missed: self.missed,
            ahead: self.ahead,
            reloads: self.reloads,
            lending: lending(&self.observer),
            observer: self.observer,
            waiting: None,
            refused: self.refused,
            audited: self.audited,
            invalid: None,
        })
    }
}

fn lending(observer: &Observed) -> Option<Arc<Lending>> {
    observer.as_ref()?.begin_lending().map(Arc::new)
}

/// The integer that a key is, or that its text ends in.
fn id(key: &[u8], text: Option<&str>) -> Option<i64> {
    integer(key).or_else(|| {
        let text = text?;
        let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
        text[text.len() - digits..].parse().ok()
    })
}

fn settings(policy: &Policy) -> HadSettings {
    HadSettings {
        ttl_ms: policy.ttl_ms,
        stale_ms: policy.stale_ms,
        sliding_ms: policy.sliding_ms,
        compress: policy.compression.as_str(),
        only_in: policy.only.map_or("", Tier::as_str),
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
        let buckets: Vec<_> = match self.derives_tags() {
            true => Subject::buckets().collect(),
            false => Vec::new(),
        };
        self.tiers.cells.watch(&buckets)
    }

    /// Whether tags come of its value.
    pub(crate) fn derives_tags(&self) -> bool {
        self.hooks.tags_from.is_some()
    }

    /// Under which callers share one load of this entry: those of a hit in memory.
    pub(crate) fn terms(&self) -> Terms {
        let vouch = match self.redis() {
            None => Vouch::empty(),
            Some(redis) => redis.vouch(self.names()),
        };
        let cells = match self.derives_tags() {
            true => self.watch().and(self.bucket_watch().cells()),
            false => self.watch(),
        };
        Terms {
            basis: Basis::new(cells, vouch, self.tiers.clock.now()),
            lag_ms: self.tiers.limits.lag_ms,
            verify: self.is_checked(),
        }
    }

    /// The keys in Redis of all that its value will rest on.
    fn names(&self) -> impl Iterator<Item = Arc<str>> {
        let buckets = self.derives_tags().then(Subject::buckets);
        let subjects = self.subjects.iter().cloned();
        let subjects = subjects.chain(buckets.into_iter().flatten());
        subjects.map(|subject| self.stamp_name(&subject))
    }

    /// The subjects that have stamps: the namespace and the tags.
    pub(crate) fn stamped(&self) -> &[Subject] {
        &self.subjects[1..]
    }

    /// The name of a stamp in Redis.
    pub(crate) fn stamp_name(&self, subject: &Subject) -> Arc<str> {
        match subject {
            Subject::Tag(tag) => self.tiers.names.tag(tag),
            Subject::Namespace(namespace) => self.tiers.names.namespace(namespace),
            Subject::Bucket(bucket) => self.tiers.names.bucket(*bucket),
            Subject::Entry(_) => self.name.shared(),
        }
    }

    /// The entry as something to invalidate.
    pub(crate) fn target(&self) -> Target {
        Target {
            subjects: vec![self.subjects[0].clone()],
            namespace: Some(Arc::clone(&self.namespace)),
            names: vec![self.name.lease(), self.name.as_str().to_owned()],
            namespace_stamp: self.tiers.names.namespace(&self.namespace).to_string(),
        }
    }

    /// The end of what is trusted from now on without pushes.
    pub(crate) fn lag_from_now(&self) -> Moment {
        self.tiers.clock.now().plus_ms(self.tiers.limits.lag_ms)
    }

    /// Whether a caller is served only what Redis said after it called: a `strong` site's, and with
    /// memory off any, as nobody expects a lag there.
    pub(crate) fn is_checked(&self) -> bool {
        self.redis().is_some() && (self.is_strong() || self.memory().is_none())
    }

    /// Whether memory may not serve it: it is of a `strong` site, or what is made of it is kept elsewhere, and would be
    /// behind for longer than memory is. Without Redis memory is all there is, and can't be behind.
    pub(crate) fn is_strong(&self) -> bool {
        let is_strong = self.policy.consistency == Consistency::Strong || self.lending.is_some();
        is_strong && self.redis().is_some()
    }

    pub(super) fn memory(&self) -> Option<&Memory> {
        let skips = self.is_strong() || skips_memory(&self.policy, &self.tiers);
        self.tiers.memory.as_ref().filter(|_| !skips)
    }

    /// Redis, unless its values stay in this process.
    pub(crate) fn redis(&self) -> Option<&Topology> {
        self.tiers
            .redis
            .as_ref()
            .filter(|_| !self.policy.stays_in_memory())
    }

    /// How its value is encoded.
    pub(crate) fn codec(&self) -> CodecId {
        self.site.codec(self.policy.codec)
    }

    /// What its frames are encrypted with, and the name that they are bound to.
    pub(crate) fn lock(&self) -> Lock<'_> {
        Lock {
            keys: self.tiers.keys.as_ref(),
            name: self.name.as_str(),
        }
    }

    /// Whether its values would go to Redis encrypted, and the cache has no key: none goes there.
    pub(crate) fn lacks_key(&self) -> bool {
        self.policy.encrypt && self.tiers.keys.is_none() && self.redis().is_some()
    }

    /// The most bytes of a value that is stored.
    pub(crate) fn max_value(&self) -> usize {
        match (self.policy.max_value, self.tiers.limits.max_value) {
            (0, limit) => limit,
            (own, limit) => own.min(limit),
        }
    }

    /// The value in memory, if it may be served now.
    pub(crate) fn in_memory(&self) -> Option<Arc<Held>> {
        let now = self.tiers.clock.now();
        let held = self.memory()?.get(self.key.sought(), now).ok();
        held.filter(|held| !self.refuses(held))
    }

    /// Whether a value is known not to serve this call.
    pub(crate) fn refuses(&self, held: &Held) -> bool {
        self.refused == Some(held.id)
    }

    /// The value in memory, whether fresh or stale, if it may be served now while it is refreshed.
    pub(crate) fn stale_in_memory(&self) -> Option<Arc<Held>> {
        let mut held = self.memory()?.peek(self.key.sought())?;
        if held.watch.is_expired() {
            if self.policy.stale_ms == 0 {
                return None;
            }
            held = self.kind.copied(&held);
            if let Some(held) = Arc::get_mut(&mut held) {
                held.until = held.until.min(self.tiers.clock.now());
            }
        }
        (self.may_serve(&held) && !self.refuses(&held)).then_some(held)
    }

    /// The value in memory, if Redis can't be asked and the site would rather serve it unchecked.
    pub(crate) fn unchecked_in_memory(&self) -> Option<Arc<Held>> {
        if self.policy.on_outage != OnOutage::Serve {
            return None;
        }
        let held = self.memory()?.peek(self.key.sought())?;
        // What was expired by hand has its stale window, if the site has one.
        let over = held.watch.is_expired() && self.policy.stale_ms == 0;
        let now = self.tiers.clock.now();
        let serves = !over && now < held.given.unchecked_until && !self.refuses(&held);
        serves.then_some(held)
    }

    /// Whether there is no connection to the entry's node.
    pub(crate) fn is_away(&self) -> bool {
        let redis = self.redis();
        redis.is_some_and(|redis| redis.node_ms(self.name.as_str()).is_none())
    }

    /// The end of what is served unchecked, for a value that may be served until then.
    pub(crate) fn unchecked(&self, end: Moment) -> Moment {
        match self.policy.on_outage {
            OnOutage::Serve => end,
            OnOutage::Lag => Moment::default(),
        }
    }

    /// The cell of the present outage, where what is loaded in it is served unchecked to its end.
    pub(crate) fn present_outage(&self) -> Vec<Arc<Cell>> {
        let serves = self.policy.on_outage == OnOutage::Serve && self.redis().is_some();
        Vec::from_iter(serves.then(|| self.tiers.outage.cell()))
    }

    /// How long a value is fresh that is stored now: its ttl, or less where the value says so, less by chance,
    /// so that what was loaded at once does not end at once. Zero if it is not to be stored.
    pub(crate) fn drawn_ttl_ms(&self, value: &Erased) -> u64 {
        let most_ms = self.hooks.most_ms.as_ref();
        let most_ms = most_ms.map_or(u64::MAX, |most_ms| most_ms(&**value));
        let ttl_ms = self.policy.longest_ms().min(most_ms);
        if ttl_ms == 0 {
            return 0;
        }
        let share = self.policy.jitter.unwrap_or(self.tiers.limits.jitter);
        if share <= 0.0 {
            return ttl_ms;
        }
        let less = Duration::from_millis(ttl_ms).mul_f64(share * rand::random::<f64>());
        let less_ms = u64::try_from(less.as_millis()).unwrap_or(u64::MAX);
        ttl_ms.saturating_sub(less_ms).max(1)
    }

    /// A value that another process refreshes; a stale one is served without a look until its store is pushed,
    /// or for `lag`.
    pub(crate) fn rested(&self, mut stale: Arc<Held>) -> Arc<Held> {
        if self.is_fresh(&stale) {
            return stale;
        }
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
    pub(crate) fn still(&self, mut stale: Arc<Held>, still: &Watch) -> Option<Arc<Held>> {
        let held = Arc::get_mut(&mut stale)?;
        let (_, others) = held.watch.split_at(self.subjects.len());
        held.watch = still.and(others);
        self.may_serve(&stale).then_some(stale)
    }

    /// Whether a value may be served while it is refreshed: as stale, or as it is fresh.
    pub(crate) fn may_serve(&self, held: &Held) -> bool {
        let now = self.tiers.clock.now();
        let is_fresh = now < held.until && held.watch.holds(now);
        is_fresh || (now < held.stale_end() && held.watch.holds_stale(now))
    }

    /// Tells who looks on how much longer what the call ends with is fresh, and what it rests on.
    pub(crate) fn ended(&self, held: &Held) {
        let Some(observer) = &self.observer else {
            return;
        };
        let now = self.tiers.clock.now();
        let fresh_ms = match (held.is_stale, self.policy.idle_ms()) {
            (true, _) => 0,
            (false, Some(_)) => self.unused_until(held.given.fresh_until, now).ms_since(now),
            (false, None) => held.until.ms_since(now),
        };
        if !held.is_stale {
            observer.fresh_for(fresh_ms);
        }
        if let Some(lending) = &self.lending {
            lending.end(self.tags(held), fresh_ms);
        }
    }

    /// The tags of its entry. A tag that is refused is none: what it is of is not stored.
    fn tags(&self, held: &Held) -> Vec<Arc<str>> {
        let own = self.subjects.iter().filter_map(|subject| match subject {
            Subject::Tag(tag) => Some(Arc::clone(tag)),
            _ => None,
        });
        let tags_from = self.hooks.tags_from.as_ref();
        let by_value = tags_from.map(|tags_from| tags_from(&held.value));
        let by_value = by_value.iter().flatten().filter_map(|tag| tag.name().ok());
        own.chain(by_value.map(Arc::clone)).collect()
    }

    /// Keeps a value in memory, where it is served while its watch holds; whether it is there.
    pub(crate) fn keep(&self, held: &Arc<Held>) -> bool {
        let Some(memory) = self.memory() else {
            return false;
        };
        // What may not be served would only push out what may.
        let now = self.tiers.clock.now();
        if held.stale_until <= now || !held.watch.holds(now) {
            return false;
        }
        let kept = memory.insert(self.key.clone(), Arc::clone(held));
        if !kept && !held.watch.is_flipped() {
            self.emit(Event::Unstored(Unstored::Memory));
        }
        if !kept {
            return false;
        }
        memory.favour(self.key.sought(), self.policy.priority.uses());
        if self.policy.max_entries > 0 {
            memory.bound(&self.key, &self.namespace, self.policy.max_entries);
        }
        true
    }

    pub(crate) fn emit(&self, event: Event<'_>) {
        self.tally.note(event);
        if let Some(observer) = &self.observer {
            observer.note(event);
        }
        self.learn(event);
        self.tiers
            .events
            .emit(&self.namespace, &self.counters, event);
    }

    /// What is learnt of the key.
    fn learn(&self, event: Event<'_>) {
        let Some(sketch) = self.counters.sketch() else {
            return;
        };
        match event {
            Event::Load { took, .. } => sketch.loaded(self.seen(), took),
            Event::Stored { bytes } => sketch.stored(self.seen(), bytes),
            Event::Hit(tier) => {
                self.is_read();
                if tier == Tier::Redis {
                    sketch.read(self.seen());
                }
            }
            Event::Stale => {
                self.is_read();
                sketch.read(self.seen());
            }
            Event::Miss(_) => self.counters.look(self.tiers.clock.now()),
            _ => {}
        }
    }

    fn is_read(&self) {
        if let Some(memory) = self.memory() {
            memory.curve.served(self.key.hash);
        }
    }

    /// Notes that a load has left an entry in memory.
    pub(super) fn waits_to_be_read(&self, held: &Held) {
        if let (Some(memory), Some(sketch)) = (self.memory(), self.counters.sketch()) {
            let until = held.given.fresh_until.max(held.stale_until);
            memory.curve.loaded(self.key.hash, sketch.index(), until);
        }
    }

    /// Notes that its entry is invalidated by itself.
    pub(crate) fn is_invalidated(&self) {
        if let Some(sketch) = self.counters.sketch() {
            sketch.invalidated(self.seen());
        }
    }

    /// Its key, as it is told of.
    pub(crate) fn seen(&self) -> SeenKey<'_> {
        let readable = self.tiers.names.readable(self.name.as_str());
        SeenKey {
            hash: self.key.hash,
            digest: short(&self.digest),
            text: readable.map(|(_, key)| key),
        }
    }

    /// Notes who serves the call where no event says so.
    pub(crate) fn served_by(&self, served: Served) {
        self.tally.served(served);
        if let Some(observer) = &self.observer {
            observer.served(served);
        }
    }

    pub(crate) fn miss(&self, why: Miss) {
        self.emit(Event::Miss(why));
    }

    pub(crate) fn trouble(&self, doing: &'static str, cause: &str) {
        self.emit(Event::Trouble { doing, cause });
    }
}
