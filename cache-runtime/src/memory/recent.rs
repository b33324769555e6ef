//! What each thread hit last: a hot entry is served without a lock, and without a count that two threads
//! write to.
//!
//! An invalidation has nothing to take out here. A value carries its cells and its end, which are
//! looked at as they are in the store; and once the store has it no more, it [is out](Held::is_out).

use std::array::from_fn;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Held, Sought};
use crate::clock::{Moment, Stopwatch};

/// How many values a thread keeps at most.
const SLOTS: usize = WAYS * SETS;

/// In how many slots a key may be.
const WAYS: usize = 2;
const SETS: usize = 128;

/// The largest value kept, in bytes that it takes of the process: half a megabyte a thread in all.
const LARGEST: u64 = 2_048;

/// What a thread may keep is at most this part of what the memory may hold.
const PART: u64 = 4;

/// The longest key kept, in encoded bytes: a slot is two lines of the processor's cache, and a short key needs
/// the first alone.
const KEY: usize = 99;

/// One look of this many is left to the store, which learns from that what is hot.
pub(super) const SHOWN: u32 = 16;

/// The time that a hit takes is measured of one look of this many, which is left to the store too.
const MEASURED: u32 = 1_024;

/// One value of this many takes the place of another: a scan of the store pushes little out.
const TAKES: u32 = 8;

thread_local! {
    static RECENT: Recent = const { Recent::new() };
}

/// What threads keep of one memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threads {
    /// Which of the process's memories it is.
    memory: u64,
    /// The largest value kept, in bytes.
    largest: u64,
}

impl Threads {
    /// Of a memory that holds up to `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        static MEMORIES: AtomicU64 = AtomicU64::new(0);
        Self {
            memory: MEMORIES.fetch_add(1, Ordering::Relaxed),
            largest: LARGEST.min(bytes / (SLOTS as u64 * PART)),
        }
    }
}

/// What a thread notes of a value that it found in the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noting<'a> {
    pub(super) of: Threads,
    pub(super) key: Sought<'a>,
    pub(super) now: Moment,
}

/// What this thread keeps; a thread that is ending keeps nothing, and nothing is done with it.
#[inline]
pub(crate) fn on_this_thread<R>(work: impl FnOnce(&Recent) -> Option<R>) -> Option<R> {
    RECENT.try_with(work).ok().flatten()
}

/// What one thread keeps.
#[derive(Debug)]
pub(crate) struct Recent {
    /// Empty until the thread has its first hit. Borrowed while a value is cloned, which may run any code.
    slots: RefCell<Vec<Slot>>,
    looks: Cell<u32>,
    /// When a look began whose time is measured.
    clock: Cell<Option<Stopwatch>>,
    notes: Cell<u32>,
}

/// One value, and the key that it is found by.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Slot {
    held: Option<Arc<Held>>,
    memory: u64,
    site: u32,
    key_len: u8,
    key: [u8; KEY],
}

impl Slot {
    const EMPTY: Self = Self {
        held: None,
        memory: 0,
        site: 0,
        key_len: 0,
        key: [0; KEY],
    };

    /// What a key of at most [`KEY`] bytes has.
    fn new(memory: u64, sought: Sought<'_>, held: &Arc<Held>) -> Option<Self> {
        let mut key = [0; KEY];
        key.get_mut(..sought.parts.len())?
            .copy_from_slice(sought.parts);
        Some(Self {
            held: Some(Arc::clone(held)),
            memory,
            site: sought.site,
            key_len: u8::try_from(sought.parts.len()).ok()?,
            key,
        })
    }

    #[inline]
    fn is(&self, memory: u64, key: Sought<'_>) -> bool {
        self.memory == memory
            && self.site == key.site
            && usize::from(self.key_len) == key.parts.len()
            && begins_with(&self.key, key.parts)
    }

    fn has(&self, held: &Arc<Held>) -> bool {
        let own = self.held.as_ref();
        own.is_some_and(|own| Arc::ptr_eq(own, held))
    }

    /// Whether it has nothing that this thread may serve from here again.
    fn is_free(&self, now: Moment) -> bool {
        let ended = |held: &Arc<Held>| held.is_out() || !held.is_fresh(now);
        self.held.as_ref().is_none_or(ended)
    }
}

impl Recent {
    const fn new() -> Self {
        Self {
            slots: RefCell::new(Vec::new()),
            looks: Cell::new(0),
            clock: Cell::new(None),
            notes: Cell::new(0),
        }
    }

    /// The slot of a value that may be served as fresh; counted as a hit.
    #[inline]
    pub(super) fn find(&self, of: Threads, key: Sought<'_>, now: Moment) -> Option<usize> {
        let looks = self.looks.get().wrapping_add(1);
        self.looks.set(looks);
        if looks.is_multiple_of(SHOWN) {
            self.shows(looks);
            return None;
        }
        let slots = self.slots.try_borrow().ok()?;
        for at in ways(key.hash) {
            let slot = slots.get(at)?;
            if !slot.is(of.memory, key) {
                continue;
            }
            let held = slot.held.as_ref()?;
            if !held.is_fresh(now) || held.is_out() {
                return None;
            }
            held.counters.memory_hit();
            return Some(at);
        }
        None
    }

    /// Since when the look under way is, where its time is measured.
    pub(super) fn measured(&self) -> Option<Stopwatch> {
        self.clock.take()
    }

    /// A look is left to the store; of some of these the time is measured.
    #[cold]
    fn shows(&self, looks: u32) {
        let is_measured = looks.is_multiple_of(MEASURED);
        self.clock.set(is_measured.then(Stopwatch::start));
    }

    /// Reads the value that was found in this slot, before this thread looks for another.
    #[inline]
    pub(crate) fn read(&self, slot: usize, read: &mut dyn FnMut(&Held)) -> Option<()> {
        // It is there, as it was when it was found.
        let slots = self.slots.try_borrow().ok()?;
        read(slots.get(slot)?.held.as_ref()?);
        Some(())
    }

    /// Keeps a value that was found in the store, and gives back what it took the place of.
    pub(super) fn note(&self, noting: Noting<'_>, held: &Arc<Held>) -> Option<Slot> {
        let Noting { of, key, now } = noting;
        if held.size > of.largest || key.parts.len() > KEY {
            return None;
        }
        let mut slots = self.slots.try_borrow_mut().ok()?;
        if slots.is_empty() {
            slots.resize_with(SLOTS, || Slot::EMPTY);
        }
        let at = self.place(&slots, of.memory, key, now)?;
        let slot = slots.get_mut(at)?;
        if slot.is(of.memory, key) && slot.has(held) {
            return None;
        }
        Some(std::mem::replace(slot, Slot::new(of.memory, key, held)?))
    }

    /// The slot of this key, else a free one, else now and then another's.
    fn place(&self, slots: &[Slot], memory: u64, key: Sought<'_>, now: Moment) -> Option<usize> {
        let ways = ways(key.hash);
        let own = ways.iter().find(|at| slots[**at].is(memory, key));
        let free = || ways.iter().find(|at| slots[**at].is_free(now));
        if let Some(at) = own.or_else(free) {
            return Some(*at);
        }
        let notes = self.notes.get().wrapping_add(1);
        self.notes.set(notes);
        let (turn, rest) = (notes / TAKES, notes % TAKES);
        (rest == 0).then(|| ways[turn as usize % WAYS])
    }
}

/// Whether a key begins with these bytes. Most keys are short: a word at the start and a word at the end are two
/// comparisons, where one of any length is a call.
#[inline]
fn begins_with(key: &[u8; KEY], bytes: &[u8]) -> bool {
    let Some(key) = key.get(..bytes.len()) else {
        return false;
    };
    match bytes.len() {
        8..=16 => {
            key.first_chunk::<8>() == bytes.first_chunk()
                && key.last_chunk::<8>() == bytes.last_chunk()
        }
        17..=32 => {
            key.first_chunk::<16>() == bytes.first_chunk()
                && key.last_chunk::<16>() == bytes.last_chunk()
        }
        _ => key == bytes,
    }
}

/// The slots that a key may be in.
#[inline]
fn ways(hash: u64) -> [usize; WAYS] {
    let first = (hash >> 16) as usize % SETS * WAYS;
    from_fn(|way| first + way)
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use super::*;

    #[test]
    fn a_slot_is_two_lines_of_the_processors_cache() {
        assert_eq!(size_of::<Slot>(), 128);
    }

    #[test]
    fn a_key_is_compared_in_full_however_long_it_is() {
        for length in 0..=KEY {
            let mut key = [7; KEY];
            assert!(begins_with(&key, &[7; KEY][..length]), "{length}");
            for at in 0..length {
                key[at] = 8;
                assert!(!begins_with(&key, &[7; KEY][..length]), "{length} {at}");
                key[at] = 7;
            }
        }
        assert!(!begins_with(&[7; KEY], &[7; KEY + 1]));
    }
}
