//! A value in memory, and all that is said of it: until when it is served, and what it rests on.

use std::any::Any;
use std::mem::{needs_drop, size_of};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::Given;
use super::size::{row, size};
use crate::clock::Moment;
use crate::events::Counters;
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
    /// When its load began, in tenths of a second: a field so short takes no room beside the others.
    pub(super) born: u32,
    /// What it takes in memory, in bytes, by [`size`].
    pub(crate) size: u64,
    pub(crate) counters: Arc<Counters>,
    /// Whether it was replaced in the store, or evicted from it.
    pub(crate) is_out: AtomicBool,
    /// How often the store has it: while it takes its own place, twice.
    pub(super) places: AtomicU32,
    pub(crate) value: T,
}

/// What tells one load of a key from any other, in this process and the others, as [`Writer::id`](crate::frame::Writer::id)
/// makes it.
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
    /// When its load began.
    pub(crate) born: Moment,
    pub(crate) watch: Watch,
    /// Of its encoding, in bytes.
    pub(crate) encoded: usize,
    pub(crate) counters: Arc<Counters>,
}

/// A tenth of a second, in milliseconds.
const TENTH_MS: u64 = 100;

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
            born: u32::try_from(about.born.0 / TENTH_MS).unwrap_or(u32::MAX),
            size: size((own, has_heap), about.encoded, &watch),
            watch,
            counters: about.counters,
            is_out: AtomicBool::new(false),
            places: AtomicU32::new(0),
            value,
        }
    }
}

impl<T: ?Sized> Held<T> {
    /// When its load began, to a tenth of a second.
    pub(crate) fn born(&self) -> Moment {
        Moment(u64::from(self.born) * TENTH_MS)
    }

    /// Whether it may be served without a look anywhere else.
    #[inline]
    pub(crate) fn is_fresh(&self, now: Moment) -> bool {
        now < self.until && self.watch.holds(now)
    }

    /// It may be served from the store alone, where that has it still.
    pub(super) fn leave(&self) {
        self.is_out.store(true, Ordering::Release);
    }

    /// The store is given it, under a key of so many bytes.
    pub(super) fn enters(&self, parts: usize) {
        if self.places.fetch_add(1, Ordering::Relaxed) == 0 {
            self.counters.entered(self.size + row(parts));
        }
    }

    /// The store gave it back.
    pub(super) fn left(&self, parts: usize) {
        self.leave();
        if self.places.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.counters.left(self.size + row(parts));
        }
    }

    #[inline]
    pub(super) fn is_out(&self) -> bool {
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
