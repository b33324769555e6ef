//! The caller of a load: the only part of the algorithm that is compiled for each cached function.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::body::{Body, Failed};
use super::course::{Course, Step};
use super::validity::{Validity, Verdict};
use crate::error::LoadTimeout;
use crate::returns::{ErrorShare, Returns};

/// Makes what the caller is returned, of a timeout.
pub(crate) type TimedOut<R> = fn(LoadTimeout) -> R;

/// A call with its body, which it polls when the algorithm asks for that.
///
/// It names no bounds of its types: it is then seen to be `Send` when its body is, whatever lifetimes an
/// error has.
pub(crate) struct Caller<M, R, B, E, V> {
    /// `None` where the call runs without a cache.
    pub(crate) course: Option<Course>,
    pub(crate) body: B,
    pub(crate) share: Option<ErrorShare<E>>,
    pub(crate) timed_out: Option<TimedOut<R>>,
    /// Whether what another has loaded serves this call.
    pub(crate) validity: V,
    pub(crate) mode: PhantomData<fn() -> M>,
}

impl<M, R, B, V> Future for Caller<M, R, B, M::Error, V>
where
    M: Returns<R>,
    B: Body<M, R>,
    V: Validity<M::Value>,
{
    type Output = R;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let this = self.get_mut();
        let Some(course) = &mut this.course else {
            return this.body.poll(context);
        };
        loop {
            let returned = match course.step(context) {
                Step::Wait => return Poll::Pending,
                Step::Run => match course.polling(|| this.body.poll(context)) {
                    Poll::Ready(returned) => returned,
                    Poll::Pending => continue,
                },
                Step::End(timeout) => {
                    this.body.end();
                    match this.timed_out {
                        Some(timed_out) => timed_out(timeout),
                        None => continue,
                    }
                }
                Step::Detach => {
                    course.detached(this.body.detach());
                    continue;
                }
                Step::Done(Ok(held)) => match this.validity.judge(&held) {
                    Verdict::Serves => {
                        course.ends(true);
                        return Poll::Ready(M::value(held.value()));
                    }
                    Verdict::Fails(error) => {
                        course.ends(false);
                        return Poll::Ready(opened::<M, R>(error, this.share));
                    }
                    Verdict::Again(again) => {
                        *course = again;
                        continue;
                    }
                },
                Step::Done(Err(error)) => {
                    course.ends(false);
                    return Poll::Ready(opened::<M, R>(error, this.share));
                }
            };
            let error = match M::split(returned) {
                Ok(value) => {
                    this.validity.made();
                    course.made(Ok(Arc::new(value)));
                    continue;
                }
                Err(error) => error,
            };
            if let Some(share) = this.share {
                let error = (share.shut)(error);
                this.validity.failed(&error);
                course.made(Err(Some(error)));
                continue;
            }
            // It may not be `Send`, so it is held no longer than this poll.
            let served = course.failed(context);
            let served = served.filter(|held| this.validity.judge(held).serves());
            course.ends(served.is_some());
            return Poll::Ready(match served {
                Some(held) => M::value(held.value()),
                None => M::error(error),
            });
        }
    }
}

/// The error that the algorithm ended with, as it is returned.
fn opened<M: Returns<R>, R>(error: Failed, share: Option<ErrorShare<M::Error>>) -> R {
    match (error, share) {
        (Some(error), Some(share)) => M::error((share.open)(error)),
        _ => unshared(),
    }
}

#[cold]
fn unshared() -> ! {
    unreachable!("an error that stays with its caller is returned as soon as it comes")
}
