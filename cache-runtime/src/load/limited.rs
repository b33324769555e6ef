//! A load that may take so long and no longer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::request::Request;
use crate::error::LoadTimeout;
use crate::events::{Counters, Event};
use crate::own_thread::{Sleep, sleep};
use crate::tiers::Tiers;

/// Makes what the caller is returned, of a timeout.
pub(crate) type TimedOut<R> = fn(LoadTimeout) -> R;

/// The body of a load, ended at its limit: dropped before anyone is told.
///
/// What it returns is named by the body alone: a future that holds it is then seen to be `Send`
/// whatever lifetimes an error has.
pub(crate) struct Limited<F: Future> {
    body: Option<Pin<Box<F>>>,
    limit: Option<Box<Limit<F::Output>>>,
}

struct Limit<R> {
    after: Duration,
    timed_out: TimedOut<R>,
    /// Begun with the load.
    timer: Option<Pin<Box<Sleep>>>,
    told: Told,
}

/// To whom the end of a load is told.
struct Told {
    tiers: Arc<Tiers>,
    namespace: Arc<str>,
    counters: Arc<Counters>,
}

impl<F: Future> Limited<F> {
    /// The limit is the policy's, from the first poll on.
    pub(super) fn new(
        body: Pin<Box<F>>,
        request: &Request,
        timed_out: Option<TimedOut<F::Output>>,
    ) -> Self {
        let limit_ms = request.policy.load_timeout_ms;
        let limit = timed_out.filter(|_| limit_ms > 0).map(|timed_out| {
            Box::new(Limit {
                after: Duration::from_millis(limit_ms),
                timed_out,
                timer: None,
                told: Told {
                    tiers: Arc::clone(&request.tiers),
                    namespace: Arc::clone(&request.namespace),
                    counters: Arc::clone(&request.counters),
                },
            })
        });
        Self {
            body: Some(body),
            limit,
        }
    }

    pub(super) fn endless(body: Pin<Box<F>>) -> Self {
        Self {
            body: Some(body),
            limit: None,
        }
    }
}

impl<F: Future> Future for Limited<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(body) = &mut self.body else {
            return Poll::Pending;
        };
        if let Poll::Ready(returned) = body.as_mut().poll(cx) {
            self.body = None;
            return Poll::Ready(returned);
        }
        let Some(limit) = &mut self.limit else {
            return Poll::Pending;
        };
        if !limit.is_over(cx) {
            return Poll::Pending;
        }
        let returned = (limit.timed_out)(LoadTimeout::after(limit.after));
        limit.told.tell();
        self.body = None;
        Poll::Ready(returned)
    }
}

impl<R> Limit<R> {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let begin = || Box::pin(sleep(self.after));
        let timer = self.timer.get_or_insert_with(begin);
        timer.as_mut().poll(cx).is_ready()
    }
}

impl Told {
    fn tell(&self) {
        let event = Event::LoadTimedOut;
        let events = &self.tiers.events;
        events.emit(&self.namespace, &self.counters, event);
    }
}
