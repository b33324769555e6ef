//! One run of the user's body.

use std::pin::Pin;
use std::sync::Arc;

use tracing::Instrument as _;

use super::body::{Failed, Made, is_absent};
use super::grant::Grant;
use super::request::Request;
use super::spans;
use super::store::{Loading, store};
use crate::boxed::boxed;
use crate::clock::{Moment, Stopwatch};
use crate::events::{Event, Loaded, Unstored};
use crate::frame::Writer;
use crate::memory::Held;
use crate::stamp::Watch;

/// Runs the body and stores what it gives, with whether Redis can tell of its validity; else the
/// origin's error.
pub(super) async fn make<F: Future<Output = Made> + Unpin>(
    request: &Request,
    grant: Option<Box<Grant>>,
    mut body: F,
) -> Result<(Arc<Held>, bool), Failed> {
    let run = Run::begin(request, grant);
    let value = match boxed(|| run.body(Pin::new(&mut body))).await {
        Ok(value) => value,
        Err(error) => {
            match is_absent(&error) {
                true => run.found_nothing(),
                false => run.failed(),
            }
            return Err(error);
        }
    };
    let filling = boxed(|| store(request, run.loaded(), value));
    Ok(filling.instrument(spans::fill(request)).await)
}

/// A run of the body; dropped before its end, it counts as abandoned and gives its lease back.
pub(super) struct Run<'a> {
    request: &'a Request,
    grant: Option<Box<Grant>>,
    watch: Watch,
    buckets: Watch,
    began: Moment,
    in_outage: bool,
    clock: Stopwatch,
    ended: bool,
}

impl<'a> Run<'a> {
    /// What its value will rest on is registered by now.
    pub(super) fn begin(request: &'a Request, grant: Option<Box<Grant>>) -> Self {
        let outage = request.present_outage();
        let watch = grant.as_ref().map(|grant| grant.basis.cells().clone());
        Self {
            request,
            grant,
            watch: watch.unwrap_or_else(|| request.watch()).and(&outage),
            buckets: request.bucket_watch(),
            began: request.tiers.clock.now(),
            in_outage: request.is_away(),
            clock: Stopwatch::start(),
            ended: false,
        }
    }

    pub(super) async fn body<F: Future>(&self, body: Pin<&mut F>) -> F::Output {
        match &self.grant {
            Some(grant) => boxed(|| grant.lease.during(body)).await,
            None => body.await,
        }
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
        let writer = (self.grant.as_deref()).map_or(Writer::Load, Grant::writer);
        Loading {
            id: writer.id(self.request.tiers.id),
            grant: self.grant.take(),
            watch: self.watch.clone(),
            buckets: self.buckets.clone(),
            began: self.began,
            in_outage: self.in_outage,
            took_us,
            ttl_ms: 0,
            learned: self.began,
        }
    }

    /// Gives the lease back, so that others need not wait for it.
    pub(super) fn failed(mut self) {
        self.end(Loaded::Failed);
    }

    /// There is nothing to store.
    pub(super) fn found_nothing(mut self) {
        self.end(Loaded::Ok);
        self.request.emit(Event::Unstored(Unstored::Unwanted));
    }

    fn end(&mut self, end: Loaded) -> u64 {
        self.ended = true;
        let took = self.clock.elapsed();
        if let Some(runs) = &self.request.tiers.runs {
            runs.note(&self.request.site.path);
        }
        let cost = self.request.policy.load_cost;
        self.request.emit(Event::Load { took, end, cost });
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
