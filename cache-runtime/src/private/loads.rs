//! The second phase of an annotated call: the load of a body, which is pinned in the caller's frame or in a box
//! that says who else may run it.

use std::marker::PhantomData;

use crate::boxed::boxed;
use crate::cache::{carried, may_refresh, refreshes};
use crate::error::LoadTimeout;
use crate::load::{
    self, Body, Boxed, Call, Caller, Course, Detachable, Draft, Hooks, Remote, Returned,
};
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
    B: Body<M, R>,
{
    Caller {
        course: match call.draft {
            Ok(draft) => begin(*draft, &tags, call.hooks),
            Err(_) => None,
        },
        body,
        share: call.share,
        timed_out: call.timed_out,
        mode: PhantomData,
    }
}

/// The read of an entry, unless its tags are refused.
fn begin(draft: Draft, tags: &[Tag], hooks: Hooks) -> Option<Course> {
    let is_limited = hooks.is_limited;
    let request = request(draft, tags, hooks)?;
    let algorithm = |body| boxed(|| run(request, body));
    Some(Course::new(is_limited, algorithm))
}

async fn run(request: Box<load::Request>, body: Remote) -> Returned {
    if refreshes(&request.digest) {
        return boxed(|| load::refresh(&request, &body)).await;
    }
    if may_refresh()
        && let Some(held) = request.in_memory()
    {
        request.counters.memory_hit();
        return Ok(held);
    }
    load::load(&request, &body).await
}
