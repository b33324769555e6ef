//! The second phase of an annotated call: the load of a body, which is pinned in the caller's frame or in a box
//! that says who else may run it.

use futures_util::future::Either;

use crate::boxed::boxed;
use crate::cache::{carried, may_refresh, refreshes};
use crate::error::LoadTimeout;
use crate::load::{self, Boxed, Call, Detach, Detachable, HooksOf};
use crate::returns::Returns;
use crate::tag::Tag;

use super::phases::request;

/// An error that can be made of a [`LoadTimeout`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't tell that a load took too long",
    label = "a load past this limit returns the fn's own error",
    note = "add `impl From<cache_runtime::LoadTimeout> for {Self}`, or remove `load_timeout`"
)]
pub trait TimesOut {
    fn of(timeout: LoadTimeout) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<LoadTimeout>> TimesOut for E {
    fn of(timeout: LoadTimeout) -> Self {
        timeout.into()
    }
}

/// What a load past its limit returns.
pub fn timed_out<T, E: TimesOut>(timeout: LoadTimeout) -> Result<T, E> {
    Err(E::of(timeout))
}

/// A body in a box, which can be dropped before the call returns.
pub fn droppable<F: Future>(body: F) -> Boxed<F> {
    Boxed::new(body)
}

/// A body in a box that owns all it uses, which a task may run.
pub fn detachable<F: Future + Send + 'static>(body: F) -> Detachable<F> {
    Detachable::new(body, carried)
}

/// The tiers, and the body if they have nothing to serve.
#[expect(
    private_bounds,
    reason = "the bodies that there are come of this module"
)]
pub fn load<M, R, B, const N: usize>(
    call: Call<M, R, M::Value, M::Error>,
    tags: [Tag; N],
    body: B,
) -> impl Future<Output = R>
where
    M: Returns<R>,
    B: Detach<M, R>,
    B::Running: Future<Output = R>,
{
    let (draft, hooks) = (call.draft.ok(), call.hooks);
    let body = body.limited(hooks.timed_out);
    match draft.and_then(|draft| request(*draft, &tags, hooks.derives_tags())) {
        Some(request) => Either::Left(boxed(|| run::<M, R, B>(request, hooks, body))),
        None => Either::Right(body.uncached()),
    }
}

/// Boxed by its caller, so that a caller's future grows by a pointer and not by the algorithm.
async fn run<M, R, B>(request: Box<load::Request>, hooks: HooksOf<M, R>, body: B) -> R
where
    M: Returns<R>,
    B: Detach<M, R>,
    B::Running: Future<Output = R>,
{
    if refreshes(&request.digest) {
        return boxed(|| load::refresh::<M, R, B>(&request, hooks.of_value(), body)).await;
    }
    if may_refresh()
        && let Some(held) = request.in_memory()
        && let Some(value) = held.get()
    {
        request.counters.memory_hit();
        return M::value(value);
    }
    boxed(|| load::load::<M, R, B>(request, hooks, body)).await
}
