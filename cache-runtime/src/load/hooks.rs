//! What an annotation has the algorithm ask of its author's own code.
//!
//! Each is a field of [`Hooks`], which a [`Request`](super::Request) carries to where it is called, and a method
//! of [`Call`](super::Call), which generated code uses.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::memory::Held;
use crate::tag::TagsFrom;

/// The most that a value is kept for, in milliseconds: zero for one that is not to be kept.
pub(crate) type MostMs = Arc<dyn Fn(&(dyn Any + Send + Sync)) -> u64 + Send + Sync>;

/// What the algorithm is to ask.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    /// Whether an error reaches those who waited for the load.
    pub(crate) shares: bool,
    /// Whether it is told of what is not there, as one of many.
    pub(crate) takes_nothing: bool,
    /// Whether the body can be dropped at its limit.
    pub(crate) is_limited: bool,
    pub(crate) tags_from: Option<TagsFrom>,
    /// Where it depends on the value how long that is kept.
    pub(crate) most_ms: Option<MostMs>,
    /// Where the body looks for the value that its load replaces.
    pub(crate) replaced: Option<Slot>,
}

/// Where the algorithm leaves the older value for the body, before that is polled.
pub(crate) type Slot = Arc<Mutex<Option<Arc<Held>>>>;

/// The value that a load replaces, as a body has it.
#[derive(Debug)]
pub struct Replaced<T> {
    pub(super) slot: Slot,
    value: PhantomData<fn() -> T>,
}

impl<T> Default for Replaced<T> {
    fn default() -> Self {
        Self {
            slot: Slot::default(),
            value: PhantomData,
        }
    }
}

impl<T> Replaced<T> {
    /// A copy of it, if there is one that nothing it rests on was invalidated of.
    pub(crate) fn take(self) -> Option<T>
    where
        T: Clone + 'static,
    {
        let held = self.slot.lock().take()?;
        match held.watch.is_flipped() {
            true => None,
            false => held.get(),
        }
    }

    /// The same, for the algorithm.
    #[must_use]
    pub fn lent(&self) -> Self {
        Self {
            slot: Arc::clone(&self.slot),
            value: PhantomData,
        }
    }
}

impl Hooks {
    /// Keeps a value no longer than this says either.
    pub(super) fn limit<F>(&mut self, more: F)
    where
        F: Fn(&(dyn Any + Send + Sync)) -> u64 + Send + Sync + 'static,
    {
        self.most_ms = Some(match self.most_ms.take() {
            None => Arc::new(more),
            Some(first) => Arc::new(move |value| match first(value) {
                // What is not kept is asked no more of.
                0 => 0,
                most_ms => most_ms.min(more(value)),
            }),
        });
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
