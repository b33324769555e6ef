//! Writing an entry without a miss: a value that is put, and a refresh that was asked for.
//!
//! Both first overwrite the lease with a token of their own, so that a load that began before them
//! can't store over them, and drop this process's copies before and after. Of several the last one
//! wins: the one that took the lease last, or without Redis the one that came to memory last. Of those that
//! stand for a write to the origin, none does where two overlap: which of them wrote last is not known.

use std::pin::Pin;
use std::sync::Arc;

use super::body::is_absent;
use super::course::Returned;
use super::desk::Remote;
use super::grant::{Grant, claim};
use super::read::{Look, peek};
use super::request::Request;
use super::run::Run;
use super::store::{Kept, Loading, fill};
use super::verify::verify;
use super::weigh::{Payload, weigh};
use crate::boxed::boxed;
use crate::clock::Moment;
use crate::error::{CacheError, Result};
use crate::events::{Event, Miss, Unstored};
use crate::frame::Writer;
use crate::invalidate::invalidate;
use crate::memory::{About, Given, Held, Life, LoadId};
use crate::site::Digest;
use crate::stamp::{Recording, Watch};
use crate::tag::MOST_TAGS;
use crate::value::Erased;

/// When one of several at the same time stores its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stores {
    /// If it comes last.
    Last,
    /// If no other began after it.
    Alone,
}

/// A write to the origin whose value is to be the entry's, begun before the write.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    request: &'a Request,
    recording: Recording,
    /// What its value will rest on, registered by now.
    loading: Loading,
}

impl<'a> Writing<'a> {
    /// From here on no load that began before it stores. Fails where it could not store either.
    pub(crate) async fn begin(request: &'a Request) -> Result<Self> {
        let recording = announce(request);
        match grant(request).await {
            Ok(grant) => Ok(Self {
                request,
                recording,
                loading: Run::begin(request, grant).given(),
            }),
            Err(cause) => Err(unavailable(cause)),
        }
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.request.digest
    }

    /// Runs the write, and keeps the right to store meanwhile.
    pub(crate) async fn during<F: Future>(&self, write: Pin<&mut F>) -> F::Output {
        match &self.loading.grant {
            Some(grant) => grant.lease.during(write).await,
            None => write.await,
        }
    }

    /// Stores what it wrote. Where it fails, the entry is to be invalidated.
    pub(crate) async fn end(self, value: Erased) -> Result<()> {
        let of = (&self.recording, Stores::Alone);
        boxed(|| write(self.request, self.loading, of, &value)).await
    }
}

/// Stores a value as the entry's, or leaves that to a put that came later.
///
/// Where an invalidation came between, nothing is stored; where Redis failed, the entry is invalidated
/// instead. An older value never stays behind a put that failed.
pub(crate) async fn put(request: &Request, value: Erased) -> Result<()> {
    let recording = drop_copies(request);
    match grant(request).await {
        Ok(grant) => {
            let loading = Run::begin(request, grant).given();
            boxed(|| write(request, loading, (&recording, Stores::Last), &value)).await
        }
        Err(cause) => {
            invalidate(&request.tiers, vec![request.target()], false).await?;
            Err(unavailable(cause))
        }
    }
}

/// Reads what is there, if the call `may_be_served`, or runs the body and no more, for nobody else: for a call inside
/// the write of its own entry, which has the lease, or inside a transaction, whose reads are its own.
pub(crate) async fn unkept(request: &Request, body: &Remote, may_be_served: bool) -> Returned {
    if may_be_served && let Some(held) = boxed(|| served(request)).await {
        return Ok(held);
    }
    request.miss(request.missed);
    let watch = request.watch();
    let value = boxed(|| body.run(request)).await?;
    let about = About {
        id: Writer::Load.id(request.tiers.id),
        life: Life::default(),
        born: request.tiers.clock.now(),
        watch,
        encoded: 0,
        counters: Arc::clone(&request.counters),
    };
    Ok(request.kind.hold(value, about))
}

/// What is there, if it may be served.
async fn served(request: &Request) -> Option<Arc<Held>> {
    let held = match request.used_in_memory() {
        Some(held) => {
            request.count_older(&held);
            held
        }
        None => {
            let found = boxed(|| peek(request, Look::Serve)).await;
            found.filter(|found| found.is_fresh)?.held
        }
    };
    request.ended(&held);
    Some(held)
}

/// Runs the body and stores its value, whatever the tiers hold.
pub(crate) async fn refresh(request: &Request, body: &Remote) -> Returned {
    request.miss(Miss::Refresh);
    let older = request.replaced_in_memory();
    let recording = match request.redis() {
        Some(_) => drop_copies(request),
        // What is there is served until there is another, and of two the one that began last stores.
        None => announce(request),
    };
    let (grant, may_store) = match grant(request).await {
        Ok(grant) => (grant, true),
        Err(cause) => {
            request.trouble("refresh", &cause);
            (None, false)
        }
    };
    if request.asks_for_older() {
        // Under the stamps that were just noted: what is invalid by them is not found.
        let older = match grant {
            Some(_) => boxed(|| peek(request, Look::Verify))
                .await
                .map(|found| found.held),
            None => older,
        };
        request.leave(older.as_ref());
    }
    let mut body = boxed(|| body.run(request));
    let run = Run::begin(request, grant);
    let value = match boxed(|| run.body(body.as_mut())).await {
        Ok(value) => value,
        Err(error) if is_absent(&error) => {
            run.found_nothing();
            // What is not there any more is not to be served to others.
            let _ = boxed(|| invalidate(&request.tiers, vec![request.target()], false)).await;
            return Err(error);
        }
        Err(error) => {
            run.failed();
            return Err(error);
        }
    };
    let loading = run.loaded();
    request.tiers.backoffs.succeeded(&request.key);
    request.tiers.failures.forget(&request.key);
    let returned = About {
        id: loading.id,
        life: Life::default(),
        born: loading.began,
        watch: loading.watch.clone(),
        encoded: 0,
        counters: Arc::clone(&request.counters),
    };
    match may_store {
        true => {
            // The value is the caller's in any case; what went wrong was counted.
            let of = (&recording, Stores::Alone);
            let _ = boxed(|| write(request, loading, of, &value)).await;
        }
        false => request.emit(Event::Unstored(Unstored::Outage)),
    }
    Ok(request.kind.hold(value, returned))
}

/// Tells who writes to the entry that one more does, and counts from now on what comes between. What is there
/// is served meanwhile. In Redis the lease tells of others.
fn announce(request: &Request) -> Recording {
    let (cells, entry) = (&request.tiers.cells, &request.subjects[0]);
    cells.write_begins(entry);
    cells.record([entry.clone()])
}

/// Drops this process's copies, and counts from now on what comes between.
fn drop_copies(request: &Request) -> Recording {
    let (cells, entry) = (&request.tiers.cells, &request.subjects[0]);
    match request.redis() {
        Some(_) => cells.flip(entry),
        // Here the count alone tells a put from an invalidation.
        None => cells.put(entry),
    }
    cells.record([entry.clone()])
}

/// The grant to write, taken before the value is made; none where there is no Redis to write to.
async fn grant(request: &Request) -> std::result::Result<Option<Box<Grant>>, String> {
    let Some(redis) = request.redis() else {
        return Ok(None);
    };
    if request.tiers.owed.covers(&request.subjects) {
        return Err("an invalidation is owed".to_owned());
    }
    match claim(request, redis).await {
        Ok(Some(grant)) => Ok(Some(grant)),
        Ok(None) => Err("a stamp could not be made".to_owned()),
        Err(fault) => Err(fault.as_str().to_owned()),
    }
}

/// Stores the value.
async fn write(
    request: &Request,
    mut loading: Loading,
    of: (&Recording, Stores),
    value: &Erased,
) -> Result<()> {
    let payload = match loading.learn(request, value).await {
        Ok(()) if request.lacks_key() => Err(Unstored::NoKey),
        Ok(()) => weigh(request, loading.grant.as_deref(), value).await,
        Err(why) => Err(why),
    };
    match payload {
        Ok(payload) => write_payload(request, loading, of, (payload, value)).await,
        Err(why) => refuse(request, why).await,
    }
}

async fn write_payload(
    request: &Request,
    loading: Loading,
    (recording, stores): (&Recording, Stores),
    (payload, value): (Payload, &Erased),
) -> Result<()> {
    let bytes = payload.len();
    let (id, until) = (loading.id, loading.learned.plus_ms(loading.ttl_ms));
    match fill(request, loading, payload).await {
        Kept::Local { watch } => {
            let of = (recording, &watch, stores);
            keep(request, of, (id, bytes, until), value)
        }
        Kept::Superseded => {
            request.tiers.cells.flip(&request.subjects[0]);
            match stores {
                Stores::Last => Ok(()),
                Stores::Alone => Err(CacheError::Overtaken),
            }
        }
        Kept::Stored(_) => {
            request.tiers.cells.flip(&request.subjects[0]);
            verify(request, &**value, bytes);
            Ok(())
        }
        Kept::Overtaken => {
            // What was there before is gone from Redis.
            request.tiers.cells.flip(&request.subjects[0]);
            Err(CacheError::Overtaken)
        }
        Kept::Briefly { .. } | Kept::Nowhere => {
            invalidate(&request.tiers, vec![request.target()], false).await?;
            Err(unavailable("redis did not store it".to_owned()))
        }
    }
}

fn unavailable(cause: String) -> CacheError {
    CacheError::Unavailable {
        doing: "put the value, so it invalidated the entry",
        cause,
    }
}

/// The entry as it was is not what the caller wanted there, so it goes.
async fn refuse(request: &Request, why: Unstored) -> Result<()> {
    request.emit(Event::Unstored(why));
    invalidate(&request.tiers, vec![request.target()], false).await?;
    let limit = request.max_value();
    Err(match why {
        // That is what the annotation asks for.
        Unstored::Unwanted => return Ok(()),
        Unstored::TooLarge => CacheError::TooLarge { limit },
        Unstored::Overtaken => CacheError::Overtaken,
        Unstored::Encode => CacheError::Encode,
        Unstored::NoKey => CacheError::NoKey,
        Unstored::TooManyTags => CacheError::TooManyTags { limit: MOST_TAGS },
        Unstored::Tag => CacheError::Name {
            what: "tag",
            name: "of the value".to_owned(),
            reason: "`tags_from` gave one that is empty, or whose `Display` failed",
        },
        _ => unavailable("redis did not answer".to_owned()),
    })
}

/// Without Redis the value goes into memory, unless an invalidation came since it was begun.
fn keep(
    request: &Request,
    (recording, watch, stores): (&Recording, &Watch, Stores),
    (id, bytes, until): (LoadId, usize, Moment),
    value: &Erased,
) -> Result<()> {
    let tiers = &request.tiers;
    let Some(watch) = tiers
        .cells
        .supersede(recording, watch, stores == Stores::Alone)
    else {
        let invalidated =
            recording.is_overtaken() || watch.cells().iter().skip(1).any(|cell| cell.is_flipped());
        request.emit(Event::Unstored(match invalidated {
            true => Unstored::Overtaken,
            false => Unstored::Superseded,
        }));
        return Err(CacheError::Overtaken);
    };
    let ends = (until, until.plus_ms(request.policy.stale_ms));
    let (served_until, stale_until) = request.served(ends, tiers.clock.now());
    let life = Life {
        until: served_until,
        stale_until,
        // Without Redis there is no outage, and nobody knows what a load of it would take.
        given: Given {
            fresh_until: until,
            is_here_alone: true,
            ..Given::default()
        },
    };
    let about = About {
        id,
        life,
        born: tiers.clock.now(),
        watch,
        encoded: bytes,
        counters: Arc::clone(&request.counters),
    };
    let held = request.kind.hold(Arc::clone(value), about);
    if request.keep(&held) {
        request.emit(Event::Stored { bytes });
        verify(request, &**value, bytes);
    } else if held.watch.is_flipped() {
        request.emit(Event::Unstored(Unstored::Superseded));
    }
    Ok(())
}
