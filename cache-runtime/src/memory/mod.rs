//! The memory tier: decoded values behind `Arc`, bounded by the bytes that they take of the
//! process, with their keys, cells and tags.
//!
//! An entry carries its own expiry and the cells of what it rests on; a hit looks at both. There is
//! no removal by tag: the next hit on an invalid entry drops it. Before the store a thread looks at
//! what it hit last itself ([`recent`]).

mod given;
mod recent;
mod shards;
mod size;

use std::any::Any;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::mem::{needs_drop, size_of};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Lifecycle, Weighter};
use smallvec::SmallVec;

pub(crate) use given::{Given, load_us};
use recent::Recent;
use size::size;

use crate::clock::Moment;
use crate::events::{Counters, Miss};
use crate::stamp::Watch;
use crate::value::mistyped;

/// A value in memory. `T` is the value's type, or `dyn Any` where the tier doesn't care.
#[derive(Debug)]
pub(crate) struct Held<T: ?Sized = dyn Any + Send + Sync> {
    /// Served without a look anywhere else before this moment.
    pub(crate) until: Moment,
    /// Served while it is refreshed before this moment, which is never before `until`.
    pub(crate) stale_until: Moment,
    /// Served while this holds only.
    pub(crate) watch: Watch,
    pub(crate) given: Given,
    /// Which load it comes of.
    pub(crate) id: LoadId,
    /// Stale, and served for a while as another process refreshes it.
    pub(crate) is_stale: bool,
    /// Of its encoding, in bytes.
    pub(crate) encoded: u32,
    /// What it takes in memory, in bytes, by [`size`].
    pub(crate) size: u64,
    pub(crate) counters: Arc<Counters>,
    /// Whether it was replaced in the store, or evicted from it.
    pub(crate) is_out: AtomicBool,
    pub(crate) value: T,
}

/// What tells one load from any other, in this process and the others: 16 random bytes.
pub(crate) type LoadId = [u8; 16];

/// How long a value is served.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Life {
    /// As fresh.
    pub(crate) until: Moment,
    /// While it is refreshed; not before `until`.
    pub(crate) stale_until: Moment,
    pub(crate) given: Given,
}

/// What is said of a value beside it.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) id: LoadId,
    pub(crate) life: Life,
    pub(crate) watch: Watch,
    /// Of its encoding, in bytes.
    pub(crate) encoded: usize,
    pub(crate) counters: Arc<Counters>,
}

impl<T> Held<T> {
    /// A value that is served for its life and while its watch holds.
    pub(crate) fn new(value: T, about: About) -> Self {
        let About {
            id, life, watch, ..
        } = about;
        let (own, has_heap) = (size_of::<Self>(), needs_drop::<T>());
        Self {
            until: life.until,
            stale_until: life.stale_until,
            is_stale: false,
            given: life.given,
            id,
            encoded: u32::try_from(about.encoded).unwrap_or(u32::MAX),
            size: size((own, has_heap), about.encoded, &watch),
            watch,
            counters: about.counters,
            is_out: AtomicBool::new(false),
            value,
        }
    }
}

impl<T: ?Sized> Held<T> {
    /// Whether it may be served without a look anywhere else.
    #[inline]
    pub(crate) fn is_fresh(&self, now: Moment) -> bool {
        now < self.until && self.watch.holds(now)
    }

    #[inline]
    fn is_out(&self) -> bool {
        // Acquire: who sees that it is out finds in the store what replaced it.
        self.is_out.load(Ordering::Acquire)
    }

    /// Until when it may be served as stale; never if it has no window for that.
    pub(crate) fn stale_end(&self) -> Moment {
        match self.stale_until > self.until {
            true => self.stale_until,
            false => Moment(0),
        }
    }
}

impl Held {
    /// The value, if it is a `T`; it always is, as the site's id is of one type.
    #[inline]
    pub(crate) fn get<T: Clone + 'static>(&self) -> Option<T> {
        self.value.downcast_ref::<T>().cloned()
    }

    /// The value, where only its own site asks.
    pub(crate) fn value<T: Clone + 'static>(&self) -> T {
        match self.value.downcast_ref::<T>() {
            Some(value) => value.clone(),
            None => mistyped(),
        }
    }
}

/// A key in memory: the site and the encoded parts, compared in full, with their hash beside them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought<'a> {
    pub(crate) site: u32,
    pub(crate) hash: u64,
    pub(crate) parts: &'a [u8],
}

/// The same, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) site: u32,
    pub(crate) hash: u64,
    pub(crate) parts: Arc<[u8]>,
}

impl Kept {
    pub(crate) fn sought(&self) -> Sought<'_> {
        Sought {
            site: self.site,
            hash: self.hash,
            parts: &self.parts,
        }
    }
}

impl Hash for Sought<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for Kept {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Kept> for Sought<'_> {
    #[inline]
    fn equivalent(&self, key: &Kept) -> bool {
        self.site == key.site && *self.parts == *key.parts
    }
}

/// Passes a hash on that was computed before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Computed(u64);

impl Hasher for Computed {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys write one `u64`; this keeps other input from being lost.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[derive(Clone, Debug)]
struct Bytes;

impl Weighter<Kept, Arc<Held>> for Bytes {
    fn weight(&self, key: &Kept, held: &Arc<Held>) -> u64 {
        held.size + size::row(key)
    }
}

/// What the store does with a value that was replaced, evicted or not taken in.
#[derive(Clone, Debug)]
struct Leaving;

impl Lifecycle<Kept, Arc<Held>> for Leaving {
    /// Dropped after the shard's lock, as a value's own `Drop` may run any code.
    type RequestState = SmallVec<[Arc<Held>; 2]>;

    fn on_evict(&self, left: &mut Self::RequestState, _: Kept, held: Arc<Held>) {
        held.is_out.store(true, Ordering::Release);
        left.push(held);
    }
}

type Store = Cache<Kept, Arc<Held>, Bytes, BuildHasherDefault<Computed>, Leaving>;

/// A value that may be served, for its own site.
#[derive(Debug)]
pub(crate) struct Hit(Place);

#[derive(Debug)]
enum Place {
    /// Among what this thread hit last.
    Recent(recent::Place),
    Store(Arc<Held>),
}

impl Hit {
    pub(crate) fn of(held: Arc<Held>) -> Self {
        Self(Place::Store(held))
    }

    /// A copy of the value. No lock is held meanwhile: it may run any code.
    #[inline]
    pub(crate) fn value<T: Clone + 'static>(self) -> T {
        let mut value = None;
        self.read(&mut |held| value = Some(held.value()));
        value.unwrap_or_else(|| mistyped())
    }

    /// The same, and which load it comes of.
    #[inline]
    pub(crate) fn value_and_id<T: Clone + 'static>(self) -> (T, LoadId) {
        let mut found = None;
        self.read(&mut |held| found = Some((held.value(), held.id)));
        found.unwrap_or_else(|| mistyped())
    }

    fn read(self, read: &mut dyn FnMut(&Held)) {
        match self.0 {
            Place::Recent(place) => place.read(read),
            Place::Store(held) => read(&held),
        }
    }
}

/// How many values may be inserted at once.
const TURNS: usize = 16;

/// The memory tier of one cache.
#[derive(Debug)]
pub(crate) struct Memory {
    store: Store,
    recent: Recent,
    /// Whose turn it is to insert, by key.
    turns: [Mutex<()>; TURNS],
    /// A bug planted to be found; looked at only where a value may not be served.
    #[cfg(feature = "__planted")]
    skip_cells: bool,
}

impl Memory {
    /// Holds up to `bytes` in all, and any one value up to `max_value`.
    pub(crate) fn new(bytes: u64, max_value: usize) -> Self {
        let hash = BuildHasherDefault::default();
        let store = match shards::options(bytes, max_value) {
            Some(options) => Cache::with_options(options, Bytes, hash, Leaving),
            // Only where a required option is missing, which none is.
            None => Cache::with(shards::items(bytes), bytes, Bytes, hash, Leaving),
        };
        Self {
            store,
            recent: Recent::new(bytes),
            turns: Default::default(),
            #[cfg(feature = "__planted")]
            skip_cells: false,
        }
    }

    #[cfg(feature = "__planted")]
    pub(crate) fn skipping_cells(mut self, skip_cells: bool) -> Self {
        self.skip_cells = skip_cells;
        self
    }

    /// A value that may be served as fresh, and is not refreshed elsewhere meanwhile; counted as a hit.
    #[inline]
    pub(crate) fn fresh(&self, key: Sought<'_>, now: Moment) -> Option<Hit> {
        if let Some(place) = self.recent.find(key, now) {
            return Some(Hit(Place::Recent(place)));
        }
        let held = self.store.get(&key)?;
        if held.is_stale || !held.is_fresh(now) {
            return None;
        }
        held.counters.memory_hit();
        self.recent.note(key, &held, now);
        Some(Hit::of(held))
    }

    /// The value, if it may be served as fresh; one that can't be served again is dropped.
    pub(crate) fn get(&self, key: Sought<'_>, now: Moment) -> Result<Arc<Held>, Miss> {
        let held = self.store.get(&key).ok_or(Miss::Absent)?;
        if held.is_fresh(now) {
            return Ok(held);
        }
        #[cfg(feature = "__planted")]
        if self.skip_cells && now < held.until {
            return Ok(held);
        }
        Err(self.refuse(key, &held, now))
    }

    /// Why this value may not be served. It is dropped, and no later one, if it never may be.
    #[cold]
    fn refuse(&self, key: Sought<'_>, held: &Arc<Held>, now: Moment) -> Miss {
        let why = match () {
            () if held.watch.is_flipped() => Miss::Invalidated,
            () if now < held.until && !held.watch.is_expired() => return Miss::Outage,
            // It may be served while it is refreshed.
            () if now < held.stale_end() => return Miss::Expired,
            // While Redis can't be asked it may be served unchecked.
            () if now < held.given.unchecked_until => return Miss::Expired,
            () => Miss::Expired,
        };
        self.store.remove_if(&key, |found| Arc::ptr_eq(found, held));
        held.is_out.store(true, Ordering::Release);
        why
    }

    /// The value, whether fresh or stale, if nothing it rests on is known to have been invalidated.
    pub(crate) fn peek(&self, key: Sought<'_>) -> Option<Arc<Held>> {
        let held = self.store.get(&key)?;
        (!held.watch.is_flipped()).then_some(held)
    }

    /// Keeps a value; `false` if the store would not take it, or it was invalidated on its way here: a
    /// value that can't be served never takes the place of one that can.
    pub(crate) fn insert(&self, key: Kept, held: Arc<Held>) -> bool {
        let sought = key.clone();
        // Declared before the turn, so that a value's own `Drop` runs after it.
        let mut evicted = Default::default();
        let _turn = self.turn(key.hash).lock();
        if held.watch.is_flipped() {
            return false;
        }
        self.store.insert_with_lifecycle(key, held, &mut evicted);
        self.store.contains_key(&sought.sought())
    }

    fn turn(&self, hash: u64) -> &Mutex<()> {
        &self.turns[(hash >> 32) as usize % TURNS]
    }

    pub(crate) fn len(&self) -> usize {
        self.store.len()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.store.weight()
    }
}

#[cfg(test)]
mod tests;
