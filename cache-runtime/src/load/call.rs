//! A call on its way from the look in memory to the load: its draft, and what its annotation has asked.

use std::marker::PhantomData;
use std::sync::Arc;

use super::caller::TimedOut;
use super::hooks::{Hooks, Replaced};
use super::request::Draft;
use crate::events::Uncached as Cause;
use crate::returns::ErrorShare;
use crate::tag::Tag;

/// A call that memory did not serve, with what its annotation has asked.
///
/// It has no bounds, so that a value that can't be cached is told of once, and by no method.
#[derive(Debug)]
pub struct Call<M, R, T, E> {
    pub(crate) draft: Result<Box<Draft>, Uncached>,
    pub(crate) hooks: Hooks,
    pub(crate) share: Option<ErrorShare<E>>,
    pub(crate) timed_out: Option<TimedOut<R>>,
    types: PhantomData<fn() -> (M, T)>,
}

/// Why a call runs without a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uncached {
    /// No cache is installed, and none could be.
    Missing,
    /// It is bypassed or off, or can't be named; what can't be was told of.
    Refused(Cause),
}

impl<M, R, T, E> Call<M, R, T, E> {
    pub(crate) fn new(draft: Result<Box<Draft>, Uncached>) -> Self {
        Self {
            draft,
            hooks: Hooks::default(),
            share: None,
            timed_out: None,
            types: PhantomData,
        }
    }

    /// Whether it has a cache.
    #[must_use]
    pub fn is_cached(&self) -> bool {
        self.draft.is_ok()
    }

    /// How its error reaches those who wait for its load.
    #[must_use]
    pub fn share(mut self, share: Option<ErrorShare<E>>) -> Self {
        self.hooks.shares = share.is_some();
        self.share = share;
        self
    }

    /// What a load past its limit returns.
    #[must_use]
    pub fn timed_out(mut self, timed_out: TimedOut<R>) -> Self {
        self.hooks.is_limited = true;
        self.timed_out = Some(timed_out);
        self
    }
}

impl<M, R, T: 'static, E> Call<M, R, T, E> {
    /// The tags that only the loaded value tells.
    #[must_use]
    pub fn tags_from(mut self, tags_from: fn(&T) -> Vec<Tag>) -> Self {
        self.hooks.tags_from = Some(Arc::new(move |value| {
            value.downcast_ref().map(tags_from).unwrap_or_default()
        }));
        self
    }

    /// Where the body looks for the value that its load replaces.
    #[must_use]
    pub fn older(mut self, replaced: Replaced<T>) -> Self {
        self.hooks.replaced = Some(replaced.slot);
        self
    }

    /// Which values are kept.
    #[must_use]
    pub fn cache_if(self, is_kept: fn(&T) -> bool) -> Self {
        self.limited(move |value| if is_kept(value) { u64::MAX } else { 0 })
    }

    /// How long each value is kept, in milliseconds, where that is less than `ttl`.
    #[must_use]
    pub fn ttl_from(self, ttl_ms: fn(&T) -> u64) -> Self {
        self.limited(ttl_ms)
    }

    /// How long a value that is none is kept, in milliseconds.
    #[must_use]
    pub fn none_ttl(self, is_none: fn(&T) -> bool, ttl_ms: u64) -> Self {
        self.limited(move |value| if is_none(value) { ttl_ms } else { u64::MAX })
    }

    fn limited(mut self, most_ms: impl Fn(&T) -> u64 + Send + Sync + 'static) -> Self {
        self.hooks
            .limit(move |value| value.downcast_ref().map_or(u64::MAX, &most_ms));
        self
    }
}
