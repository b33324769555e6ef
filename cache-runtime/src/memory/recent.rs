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
use crate::clock::Moment;

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

/// One value of this many takes the place of another: a scan of the store pushes little out.
const TAKES: u32 = 8;

thread_local! {
    static RECENT: RefCell<Slots> = const { RefCell::new(Slots::new()) };
}

/// What threads keep of one memory.
#[derive(Debug)]
pub(super) struct Recent {
    /// Which of the process's memories it is.
    memory: u64,
    /// The largest value kept, in bytes.
    largest: u64,
}

/// Where this thread has the value of a hit.
#[derive(Debug)]
pub(super) struct Place(usize);

impl Recent {
    /// Of a memory that holds up to `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        static MEMORIES: AtomicU64 = AtomicU64::new(0);
        Self {
            memory: MEMORIES.fetch_add(1, Ordering::Relaxed),
            largest: LARGEST.min(bytes / (SLOTS as u64 * PART)),
        }
    }

    /// Where this thread has the value, if it may be served as fresh; counted as a hit.
    #[inline]
    pub(super) fn find(&self, key: Sought<'_>, now: Moment) -> Option<Place> {
        // A thread that is ending has none.
        let found = RECENT.try_with(|slots| slots.try_borrow().ok()?.find(self.memory, key, now));
        found.ok().flatten()
    }

    /// Has this thread keep a value that it found in the store.
    pub(super) fn note(&self, key: Sought<'_>, held: &Arc<Held>, now: Moment) {
        if held.size > self.largest || key.parts.len() > KEY {
            return;
        }
        let replaced = RECENT.try_with(|slots| {
            // It is borrowed while a value is cloned, which may run any code.
            let mut slots = slots.try_borrow_mut().ok()?;
            slots.note(self.memory, key, held, now)
        });
        // Here, and not while it is borrowed: a value's own `Drop` may run any code.
        drop(replaced);
    }
}

impl Place {
    /// Reads the value that was found here, before this thread looks for another.
    pub(super) fn read(&self, read: &mut dyn FnMut(&Held)) {
        // Both are there, as they were when it was found.
        let _ = RECENT.try_with(|slots| {
            let slots = slots.try_borrow().ok()?;
            read(slots.all.get(self.0)?.held.as_ref()?);
            Some(())
        });
    }
}

/// What one thread keeps.
struct Slots {
    /// Empty until the thread has its first hit.
    all: Vec<Slot>,
    looks: Cell<u32>,
    notes: u32,
}

#[repr(C, align(64))]
struct Slot {
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
            && self.key.get(..self.key_len.into()) == Some(key.parts)
    }

    /// Whether it has nothing that this thread may serve from here again.
    fn is_free(&self, now: Moment) -> bool {
        let ended = |held: &Arc<Held>| held.is_out() || !held.is_fresh(now);
        self.held.as_ref().is_none_or(ended)
    }
}

impl Slots {
    const fn new() -> Self {
        Self {
            all: Vec::new(),
            looks: Cell::new(0),
            notes: 0,
        }
    }

    #[inline]
    fn find(&self, memory: u64, key: Sought<'_>, now: Moment) -> Option<Place> {
        let looks = self.looks.get().wrapping_add(1);
        self.looks.set(looks);
        if looks.is_multiple_of(SHOWN) {
            return None;
        }
        for at in ways(key.hash) {
            let slot = self.all.get(at)?;
            if !slot.is(memory, key) {
                continue;
            }
            let held = slot.held.as_ref()?;
            if !held.is_fresh(now) || held.is_out() {
                return None;
            }
            held.counters.memory_hit();
            return Some(Place(at));
        }
        None
    }

    /// Keeps the value, and gives back what it took the place of.
    fn note(
        &mut self,
        memory: u64,
        key: Sought<'_>,
        held: &Arc<Held>,
        now: Moment,
    ) -> Option<Slot> {
        if self.all.is_empty() {
            self.all.resize_with(SLOTS, || Slot::EMPTY);
        }
        let at = self.place(memory, key, now)?;
        let slot = Slot::new(memory, key, held)?;
        Some(std::mem::replace(self.all.get_mut(at)?, slot))
    }

    /// The slot of this key, else a free one, else now and then another's.
    fn place(&mut self, memory: u64, key: Sought<'_>, now: Moment) -> Option<usize> {
        let ways = ways(key.hash);
        let own = ways.iter().find(|at| self.all[**at].is(memory, key));
        let free = || ways.iter().find(|at| self.all[**at].is_free(now));
        if let Some(at) = own.or_else(free) {
            return Some(*at);
        }
        self.notes = self.notes.wrapping_add(1);
        let (turn, rest) = (self.notes / TAKES, self.notes % TAKES);
        (rest == 0).then(|| ways[turn as usize % WAYS])
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
}
