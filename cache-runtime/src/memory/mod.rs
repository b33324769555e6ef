//! The memory tier: decoded values behind `Arc`, bounded by the bytes that they take of the
//! process, with their keys, cells and tags.
//!
//! An entry carries its own expiry and the cells of what it rests on; a hit looks at both. There is
//! no removal by tag: the next hit on an invalid entry drops it. Before the store a thread looks at
//! what it hit last itself ([`recent`]).

mod bounds;
mod given;
mod held;
mod key;
mod recent;
mod shards;
mod size;

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, Weighter};
use smallvec::SmallVec;

use bounds::Bounds;
pub(crate) use given::{Given, load_us};
pub(crate) use held::{About, Held, Life, LoadId};
pub(crate) use key::{Computed, Kept, Sought};
use recent::{Noting, Threads};
pub(crate) use recent::{Recent, on_this_thread};

use crate::clock::Moment;
use crate::curve::Curve;
use crate::events::Miss;
use crate::sketch::EncodedKey;

#[derive(Clone, Debug)]
struct Bytes;

impl Weighter<Kept, Arc<Held>> for Bytes {
    fn weight(&self, key: &Kept, held: &Arc<Held>) -> u64 {
        held.size + size::row(key.parts.len())
    }
}

/// What the store does with a value that was replaced, evicted or not taken in.
#[derive(Clone, Debug)]
struct Leaving;

impl Lifecycle<Kept, Arc<Held>> for Leaving {
    /// Dropped after the shard's lock, as a value's own `Drop` may run any code.
    type RequestState = SmallVec<[(Kept, Arc<Held>); 2]>;

    fn on_evict(&self, left: &mut Self::RequestState, key: Kept, held: Arc<Held>) {
        held.left(key.parts.len());
        left.push((key, held));
    }
}

type Store = Cache<Kept, Arc<Held>, Bytes, BuildHasherDefault<Computed>, Leaving>;

/// A value that the store has and that may be served as fresh, which the thread that found it may keep.
#[derive(Debug)]
pub(crate) struct InStore<'a> {
    held: Arc<Held>,
    noting: Noting<'a>,
}

impl InStore<'_> {
    /// Has `read` look at it. Nothing is borrowed meanwhile, as a value's own `Clone` may run any code.
    #[inline(never)]
    pub(crate) fn serve(self, read: &mut dyn FnMut(&Held)) {
        // Dropped at the end: a value's own `Drop` may run any code, too.
        let mut clock = None;
        let _replaced = recent::on_this_thread(|recent| {
            clock = recent.measured();
            recent.note(self.noting, &self.held)
        });
        read(&self.held);
        if let Some(clock) = clock {
            let Noting { key, now, .. } = self.noting;
            let key = EncodedKey {
                site: key.site,
                hash: key.hash,
                parts: key.parts,
            };
            self.held
                .counters
                .memory_hit_took(clock.elapsed(), key, now);
        }
    }
}

/// How many values may be inserted at once.
const TURNS: usize = 16;

/// The memory tier of one cache.
#[derive(Debug)]
pub(crate) struct Memory {
    store: Store,
    threads: Threads,
    bounds: Bounds,
    /// Whose turn it is to insert, by key.
    turns: [Mutex<()>; TURNS],
    /// What memory of other sizes would serve.
    pub(crate) curve: Curve,
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
            threads: Threads::new(bytes),
            bounds: Bounds::default(),
            turns: Default::default(),
            curve: Curve::default(),
            #[cfg(feature = "__planted")]
            skip_cells: false,
        }
    }

    #[cfg(feature = "__planted")]
    pub(crate) fn skipping_cells(mut self, skip_cells: bool) -> Self {
        self.skip_cells = skip_cells;
        self
    }

    /// Where this thread has a value that may be served as fresh, and is not refreshed elsewhere meanwhile; else it is
    /// left `in_store`, if it is there. Counted as a hit.
    #[inline]
    pub(crate) fn fresh<'a>(
        &self,
        recent: &Recent,
        key: Sought<'a>,
        now: Moment,
        in_store: &mut Option<InStore<'a>>,
    ) -> Option<usize> {
        let slot = recent.find(self.threads, key, now);
        if slot.is_none() {
            *in_store = self.fresh_in_store(key, now);
            if in_store.is_none() {
                // What comes of this look is no hit, and no later one's time.
                recent.measured();
            }
        }
        slot
    }

    #[inline(never)]
    fn fresh_in_store<'a>(&self, key: Sought<'a>, now: Moment) -> Option<InStore<'a>> {
        let held = self.store.get(&key)?;
        if held.is_stale || !held.is_fresh(now) {
            return None;
        }
        held.counters.memory_hit();
        self.curve.read(key.hash, true);
        let of = self.threads;
        let noting = Noting { of, key, now };
        Some(InStore { held, noting })
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
        let removed = self.store.remove_if(&key, |found| Arc::ptr_eq(found, held));
        match removed {
            Some(_) => {
                held.left(key.parts.len());
                self.bounds.forget(key);
            }
            None => held.leave(),
        }
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
        held.enters(key.parts.len());
        self.curve.stored(key.hash, Bytes.weight(&key, &held));
        self.store.insert_with_lifecycle(key, held, &mut evicted);
        for (key, held) in evicted.iter().filter(|(key, _)| *key != sought) {
            held.counters.evicted();
            self.bounds.forget(key.sought());
        }
        self.store.contains_key(&sought.sought())
    }

    /// Counts an entry as used so often, whoever uses it.
    pub(crate) fn favour(&self, key: Sought<'_>, uses: u8) {
        for _ in 0..uses {
            drop(self.store.get(&key));
        }
    }

    /// Of a function that may have so many entries here, this one is among those that it has; the least used of them
    /// makes room.
    pub(crate) fn bound(&self, key: &Kept, namespace: &Arc<str>, most: usize) {
        for key in self.bounds.note(key, namespace, most) {
            if let Some((key, held)) = self.store.remove(&key.sought()) {
                held.left(key.parts.len());
                held.counters.evicted();
            }
        }
    }

    /// An entry of such a function was used.
    pub(crate) fn used(&self, key: Sought<'_>, namespace: &str) {
        self.bounds.used(key, namespace);
    }

    /// Keeps a value in the place of another, if that is there still.
    pub(crate) fn exchange(&self, key: Kept, of: &Arc<Held>, held: Arc<Held>) {
        let mut evicted = Default::default();
        let _turn = self.turn(key.hash).lock();
        let there = self.store.peek(&key.sought());
        if there.is_some_and(|there| Arc::ptr_eq(&there, of)) {
            held.enters(key.parts.len());
            let sought = key.clone();
            self.store.insert_with_lifecycle(key, held, &mut evicted);
            let others = evicted.iter().filter(|(key, _)| *key != sought);
            others.for_each(|(_, held)| held.counters.evicted());
        }
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

    /// Holds up to so many bytes from now on; what is over is evicted.
    pub(crate) fn resize(&self, bytes: u64) {
        self.store.set_capacity(bytes);
    }

    /// The most that it may weigh.
    pub(crate) fn capacity(&self) -> u64 {
        self.store.capacity()
    }
}

#[cfg(test)]
mod tests;
