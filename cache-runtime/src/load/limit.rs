//! The end of a load that has a time limit.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::body::Made;
use super::request::Request;
use crate::error::LoadTimeout;
use crate::events::Event;
use crate::own_thread::{Sleep, sleep};

/// The limit of one load, counted from its first poll on.
pub(crate) struct Limit {
    after: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Limit {
    /// The policy's, if it has one.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let limit_ms = request.policy.load_timeout_ms;
        (limit_ms > 0).then(|| Self {
            after: Duration::from_millis(limit_ms),
            timer: None,
        })
    }

    /// What to tell, once it is over.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<LoadTimeout> {
        let begin = || Box::pin(sleep(self.after));
        let timer = self.timer.get_or_insert_with(begin);
        timer
            .as_mut()
            .poll(context)
            .map(|()| LoadTimeout::after(self.after))
    }
}

/// A body that a task owns, dropped at its limit.
pub(super) async fn limited(
    request: &Request,
    mut body: Pin<Box<dyn Future<Output = Made> + Send>>,
) -> Made {
    let Some(mut limit) = Limit::of(request) else {
        return body.await;
    };
    let made = std::future::poll_fn(|context| match body.as_mut().poll(context) {
        Poll::Ready(made) => Poll::Ready(Some(made)),
        Poll::Pending => limit.poll(context).map(|_| None),
    });
    if let Some(made) = made.await {
        return made;
    }
    request.emit(Event::LoadTimedOut);
    drop(body);
    Err(None)
}
