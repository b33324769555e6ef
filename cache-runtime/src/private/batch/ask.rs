//! What memory has for one id, and what loads those that it has not.

use std::convert::Infallible;
use std::sync::Arc;

use super::super::phases::request;
use super::super::put::IsEntry;
use crate::cache::looks_later;
use crate::events::{CallEnd, Event, Tally, Tier};
use crate::load::{Call, Hooks, Request};
use crate::returns::Plain;
use crate::tag::Tag;
use crate::value::Cacheable;

/// What the look in memory for one id gave.
#[derive(Debug)]
pub struct Asked<T>(pub(super) Found<T>);

#[derive(Debug)]
pub(super) enum Found<T> {
    Hit(T),
    Missed(Arc<Request>),
    /// It is loaded without a cache.
    Uncached,
}

/// What the loads of all ids have in common.
#[derive(Clone, Copy, Debug)]
pub struct Common {
    /// Whether errors are remembered, and so shared.
    pub(super) remembers: bool,
}

impl Common {
    /// The one limit is that of the body.
    fn hooks(self, hooks: &mut Hooks) {
        (hooks.shares, hooks.is_limited, hooks.takes_nothing) = (self.remembers, false, true);
    }
}

/// A hit in memory.
pub fn hit<T>(value: T) -> Asked<T> {
    Asked(Found::Hit(value))
}

/// A miss in memory.
pub fn missed<T, const N: usize>(
    mut call: Call<Plain, T, T, Infallible>,
    tags: [Tag; N],
    common: Common,
) -> Asked<T> {
    common.hooks(&mut call.hooks);
    let requested = call
        .draft
        .ok()
        .and_then(|draft| request(*draft, &tags, call.hooks));
    Asked(requested.map_or(Found::Uncached, Found::Missed))
}

/// The entry of another function, whose errors may be of another type: none is shared or remembered.
pub fn shared_entry<T: Cacheable>(entry: &impl IsEntry<Value = T>, common: Common) -> Asked<T> {
    let Some(request) = entry.entry().readable() else {
        entry.entry().called_uncached();
        return Asked(Found::Uncached);
    };
    let held = match looks_later() {
        true => None,
        false => request.used_in_memory(),
    };
    if let Some(held) = held.filter(|held| !held.is_stale) {
        request.emit(Event::Hit(Tier::Memory));
        request.ended(&held);
        request.counters.ended(CallEnd::Memory, 1);
        return hit(held.value());
    }
    let mut request = request.clone();
    request.tally = Arc::new(Tally::of_call(Arc::clone(&request.counters)));
    common.hooks(&mut request.hooks);
    request.policy.error_ttl_ms = 0;
    Asked(Found::Missed(Arc::new(request)))
}

/// An argument that a batch may need more than once, where a load of another's fails that it waited for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be cloned, and a `batch` may load twice",
    label = "an argument of a `batch`",
    note = "derive `Clone` for it, or take it by reference or in an `Arc`"
)]
pub trait Again: Sized {
    fn again(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Again for T {
    fn again(&self) -> Self {
        self.clone()
    }
}

/// The argument, for one run of the body.
pub fn again<T: Again>(argument: &T) -> T {
    Again::again(argument)
}

/// What an author's code says of a value that is not there.
pub trait OfNothing {
    fn of_nothing() -> Self;
}

impl OfNothing for Vec<Tag> {
    fn of_nothing() -> Self {
        Vec::new()
    }
}

/// It is kept.
impl OfNothing for bool {
    fn of_nothing() -> Self {
        true
    }
}

/// So many milliseconds: as `ttl` or `none_ttl` says.
impl OfNothing for u64 {
    fn of_nothing() -> Self {
        Self::MAX
    }
}

/// What an author's code says of the value of an id, if there is one.
pub fn of_found<V, A: OfNothing>(value: &Option<V>, ask: impl FnOnce(&V) -> A) -> A {
    value.as_ref().map_or_else(A::of_nothing, ask)
}
