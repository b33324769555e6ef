//! What an annotation has the algorithm ask of its author's own code.
//!
//! An option that is a fn is a field of [`Hooks`] and a method of [`Call`] here; the rest of the algorithm
//! carries them as one value to where each is called.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use super::limited::TimedOut;
use super::request::Draft;
use crate::returns::{ErrorShare, Returns};
use crate::tag::{Tag, TagsFrom};

/// The fns that an annotation gives, of a load that returns `R`: a value `T` or an error `E`.
///
/// `Hooks<T>` are those of the value alone, which a put has as well.
pub(crate) struct Hooks<T, E = Infallible, R = Infallible> {
    /// How an error reaches those who waited for the load, if its type can be shared.
    pub(crate) share: Option<ErrorShare<E>>,
    pub(crate) tags_from: TagsFrom<T>,
    pub(crate) timed_out: Option<TimedOut<R>>,
}

/// The hooks of a load that returns `R`, read as `M` says.
pub(crate) type HooksOf<M, R> = Hooks<<M as Returns<R>>::Value, <M as Returns<R>>::Error, R>;

impl<T, E, R> Hooks<T, E, R> {
    pub(crate) const NONE: Self = Self {
        share: None,
        tags_from: None,
        timed_out: None,
    };

    /// Whether tags come of the value.
    pub(crate) fn derives_tags(&self) -> bool {
        self.tags_from.is_some()
    }

    /// Those of the value.
    pub(crate) fn of_value(self) -> Hooks<T> {
        Hooks {
            tags_from: self.tags_from,
            ..Hooks::NONE
        }
    }
}

impl<T, E, R> Clone for Hooks<T, E, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, E, R> Copy for Hooks<T, E, R> {}

impl<T, E, R> fmt::Debug for Hooks<T, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// A call that memory did not serve, with the hooks of its annotation.
///
/// It has no bounds, so that a value that can't be cached is told of once, and by no method.
#[derive(Debug)]
pub struct Call<M, R, T, E> {
    pub(crate) draft: Result<Box<Draft>, Uncached>,
    pub(crate) hooks: Hooks<T, E, R>,
    mode: PhantomData<fn() -> M>,
}

/// Why a call runs without a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uncached {
    /// No cache is installed, and none could be.
    Missing,
    /// It is bypassed or off, or can't be named; what can't be was counted.
    Refused,
}

impl<M, R, T, E> Call<M, R, T, E> {
    pub(crate) fn new(draft: Result<Box<Draft>, Uncached>) -> Self {
        Self {
            draft,
            hooks: Hooks::NONE,
            mode: PhantomData,
        }
    }

    /// How its error reaches those who wait for its load.
    #[must_use]
    pub fn share(mut self, share: Option<ErrorShare<E>>) -> Self {
        self.hooks.share = share;
        self
    }

    /// The tags that only the loaded value tells.
    #[must_use]
    pub fn tags_from(mut self, tags_from: fn(&T) -> Vec<Tag>) -> Self {
        self.hooks.tags_from = Some(tags_from);
        self
    }

    /// What a load past its limit returns.
    #[must_use]
    pub fn timed_out(mut self, timed_out: TimedOut<R>) -> Self {
        self.hooks.timed_out = Some(timed_out);
        self
    }
}
