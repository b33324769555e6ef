//! One run of the user's body.

use std::pin::Pin;

use super::request::Request;
use super::right::Right;
use super::store::Loading;
use crate::clock::{Moment, Stopwatch};
use crate::events::{Event, Loaded};
use crate::stamp::Watch;

/// A run of the body; dropped before its end, it counts as abandoned and gives its lease back.
pub(super) struct Run<'a> {
    request: &'a Request,
    right: Option<Right>,
    watch: Watch,
    buckets: Watch,
    began: Moment,
    clock: Stopwatch,
    ended: bool,
}

impl<'a> Run<'a> {
    /// What its value will rest on is registered by now.
    pub(super) fn begin(request: &'a Request, right: Option<Right>) -> Self {
        let watch = right.as_ref().map(|right| right.watch.clone());
        Self {
            request,
            right,
            watch: watch.unwrap_or_else(|| request.watch()),
            buckets: request.bucket_watch(),
            began: request.tiers.clock.now(),
            clock: Stopwatch::start(),
            ended: false,
        }
    }

    pub(super) async fn body<F: Future>(self, body: Pin<&mut F>) -> (Self, F::Output) {
        let returned = match &self.right {
            Some(right) => right.lease.during(body).await,
            None => body.await,
        };
        (self, returned)
    }

    pub(super) fn loaded(mut self) -> Loading {
        let took_us = self.end(Loaded::Ok);
        self.loading(took_us)
    }

    /// The value was given by the caller: nothing was run.
    pub(super) fn given(mut self) -> Loading {
        self.ended = true;
        self.loading(0)
    }

    fn loading(&mut self, took_us: u64) -> Loading {
        Loading {
            right: self.right.take(),
            watch: self.watch.clone(),
            buckets: self.buckets.clone(),
            began: self.began,
            took_us,
        }
    }

    /// Gives the lease back, so that others need not wait for it.
    pub(super) fn failed(mut self) {
        self.end(Loaded::Failed);
    }

    fn end(&mut self, end: Loaded) -> u64 {
        self.ended = true;
        let took = self.clock.elapsed();
        self.request.emit(Event::Load { took, end });
        u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Loaded::Abandoned);
        }
    }
}
