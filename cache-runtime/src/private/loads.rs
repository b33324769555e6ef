//! The second phase of an annotated call: the load of a body, which is pinned in the caller's frame or in a box
//! that says who else may run it.

use std::future::pending;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::boxed::boxed;
use crate::cache::{
    apart, around, carried, deferral, is_deferred, is_written, looks_later, refreshes,
};
use crate::error::LoadTimeout;
use crate::events::{Event, Tier};
use crate::load::{
    self, Again, Always, Body, Boxed, Call, Caller, Course, Detachable, Draft, Hooks, If, Remote,
    Replaced, Request, Returned, Uncached,
};
use crate::returns::{ErrorShare, Probe, Returns};
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

/// An error that can be remembered.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be remembered",
    label = "`error_ttl` returns an error more than once",
    note = "it needs to be `Clone + Send + Sync + 'static`: derive `Clone` for it, return it in an `Arc`, or remove `error_ttl`"
)]
pub trait Remembered: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Clone + Send + Sync + 'static> Remembered for E {}

/// How an error that is to be remembered reaches those who are returned it.
#[must_use]
pub fn remembered<E: Remembered>() -> Option<ErrorShare<E>> {
    Probe::<Result<(), E>>::new().share()
}

/// A body in a box, which can be dropped before the call returns.
pub fn droppable<F: Future>(body: F) -> Boxed<F> {
    Boxed::new(body)
}

/// A body in a box that owns all it uses, which a task may run.
pub fn detachable<F: Future + Send + 'static>(body: F) -> Detachable<F> {
    Detachable::new(body, carried)
}

/// A call that goes on as a task when its caller goes away, so that what it loads is stored. Without a runtime to have
/// the task it is its caller's.
pub async fn detached<F>(is_cached: bool, call: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    // What nobody stores ends with its caller.
    let runtime = Handle::try_current();
    let (Ok(runtime), true) = (runtime, is_cached) else {
        return call.await;
    };
    match runtime.spawn(around(call).in_current_span()).await {
        Ok(returned) => returned,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends, and this call with it.
            Err(_) => pending().await,
        },
    }
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
        course: requested(call.draft, &tags, call.hooks).map(begin),
        body,
        share: call.share,
        timed_out: call.timed_out,
        validity: Always,
        mode: PhantomData,
    }
}

/// As `load`, where a value that others loaded serves the call only if this says so.
#[expect(
    private_bounds,
    reason = "the bodies that there are come of this module"
)]
pub fn load_valid<M, R, B, const N: usize>(
    call: Call<M, R, M::Value, M::Error>,
    tags: [Tag; N],
    body: B,
    serves: impl Fn(&M::Value) -> bool,
) -> impl Future<Output = R>
where
    M: Returns<R>,
    B: Body<M, R>,
{
    let request = requested(call.draft, &tags, call.hooks);
    Caller {
        validity: If {
            serves,
            again: (request.as_ref()).map(|request| Again::new(request, begin)),
        },
        course: request.map(begin),
        body,
        share: call.share,
        timed_out: call.timed_out,
        mode: PhantomData,
    }
}

/// What `valid_if` takes of the arguments, beside a body that owns them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be cloned, and `valid_if` needs it beside the load",
    label = "`valid_if` names it",
    note = "take it by reference, as `&{Self}`, or in an `Arc`, or have `valid_if` compare another argument"
)]
pub trait Taken: Sized {
    fn clone(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Taken for T {
    fn clone(&self) -> Self {
        Clone::clone(self)
    }
}

/// An argument that `valid_if` names.
pub fn taken<T: Taken>(argument: &T) -> T {
    Taken::clone(argument)
}

/// A closure of `valid_if`, which learns here what it is given.
#[inline]
pub fn validity<M: Returns<R>, R, F: Fn(&M::Value) -> bool>(serves: F) -> F {
    serves
}

fn requested(
    draft: Result<Box<Draft>, Uncached>,
    tags: &[Tag],
    hooks: Hooks,
) -> Option<Arc<Request>> {
    request(*draft.ok()?, tags, hooks)
}

/// The read of an entry.
pub(super) fn begin(request: Arc<Request>) -> Course {
    let (tally, is_limited) = (Clone::clone(&request.tally), request.hooks.is_limited);
    let apart = apart(&request);
    Course::new(tally, is_limited, |body| boxed(|| run(request, body))).apart(apart)
}

async fn run(request: Arc<Request>, body: Remote) -> Returned {
    let reloads = request.reloads || refreshes(&request.digest);
    if deferral().is_some() {
        let may_be_served = !reloads && !is_deferred(&request);
        return boxed(|| load::unkept(&request, &body, may_be_served)).await;
    }
    if is_written(&request.digest) {
        return boxed(|| load::unkept(&request, &body, true)).await;
    }
    if let Some(held) = request.audited.as_ref().filter(|_| !reloads) {
        request.emit(Event::Hit(Tier::Memory));
        boxed(|| load::audit(&request, &body, held)).await;
        request.ended(held);
        return Ok(Clone::clone(held));
    }
    let returned = match reloads {
        true => boxed(|| load::refresh(&request, &body)).await,
        false => match looks_later().then(|| request.used_in_memory()).flatten() {
            Some(held) => {
                request.count_older(&held);
                Ok(held)
            }
            None => load::load(&request, &body).await,
        },
    };
    if let Ok(held) = &returned {
        if request.policy.audits() && request.tally.is_hit() && request.is_drawn(held) {
            boxed(|| load::audit(&request, &body, held)).await;
        }
        request.ended(held);
    }
    returned
}

/// The value that a load replaces, as its body is given it.
pub fn replaced<M: Returns<R>, R>(replaced: Replaced<M::Value>) -> Option<M::Value> {
    replaced.take()
}
