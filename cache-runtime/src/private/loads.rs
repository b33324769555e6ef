//! The second phase of an annotated call: the load, by who owns the body.

use std::pin::Pin;

use crate::boxed::boxed;
use crate::cache::{carried, may_refresh, refreshes};
use crate::error::LoadTimeout;
use crate::load::{self, Boxed, Detach, Detachable, TimedOut};
use crate::returns::{ErrorShare, Returns};
use crate::tag::{Tag, TagsFrom};

use super::phases::{Call, request};

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

/// The tiers, and the body if they have nothing to serve. It is pinned in the caller's frame.
pub async fn load<M: Returns<R>, R, F: Future<Output = R>, const N: usize>(
    call: Call<M, R>,
    tags: [Tag; N],
    share: Option<ErrorShare<M::Error>>,
    tags_from: TagsFrom<M::Value>,
    body: Pin<&mut F>,
) -> R {
    match request(call.draft, &tags, tags_from.is_some()) {
        Some(request) => boxed(|| run::<M, R, _>(request, share, tags_from, body)).await,
        None => body.await,
    }
}

/// The same with a body in a box, which can be dropped before the call returns.
pub async fn load_boxed<M: Returns<R>, R, F: Future<Output = R>, const N: usize>(
    call: Call<M, R>,
    tags: [Tag; N],
    share: Option<ErrorShare<M::Error>>,
    tags_from: TagsFrom<M::Value>,
    timed_out: Option<TimedOut<R>>,
    body: Pin<Box<F>>,
) -> R {
    match request(call.draft, &tags, tags_from.is_some()) {
        Some(request) => {
            let body = Boxed { body, timed_out };
            boxed(|| run::<M, R, _>(request, share, tags_from, body)).await
        }
        None => body.await,
    }
}

/// The same with a body that owns all it uses, which a task may run.
pub async fn load_in_background<M, R, F, const N: usize>(
    call: Call<M, R>,
    tags: [Tag; N],
    share: Option<ErrorShare<M::Error>>,
    tags_from: TagsFrom<M::Value>,
    timed_out: Option<TimedOut<R>>,
    body: Pin<Box<F>>,
) -> R
where
    M: Returns<R> + 'static,
    R: 'static,
    F: Future<Output = R> + Send + 'static,
{
    let Some(request) = request(call.draft, &tags, tags_from.is_some()) else {
        return body.await;
    };
    let body = Detachable {
        boxed: Boxed { body, timed_out },
        around: carried,
    };
    boxed(|| run::<M, R, _>(request, share, tags_from, body)).await
}

/// Boxed by its callers, so that a caller's future grows by a pointer and not by the algorithm.
async fn run<M, R, B>(
    request: Box<load::Request>,
    share: Option<ErrorShare<M::Error>>,
    tags_from: TagsFrom<M::Value>,
    body: B,
) -> R
where
    M: Returns<R>,
    B: Detach<M, R>,
    B::Running: Future<Output = R>,
{
    if refreshes(&request.digest) {
        return boxed(|| load::refresh::<M, R, B>(&request, tags_from, body)).await;
    }
    if may_refresh()
        && let Some(held) = request.in_memory()
        && let Some(value) = held.get()
    {
        request.counters.memory_hit();
        return M::value(value);
    }
    boxed(|| load::load::<M, R, B>(request, share, tags_from, body)).await
}
