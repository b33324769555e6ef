//! The read from Redis, and the lease for a load where it finds nothing fresh.
//!
//! A process waits for one holder of a lease for `wait` in all, however many of its calls come: a load
//! that hangs elsewhere costs it that once.

use std::sync::Arc;
use std::time::Duration;

use super::checksum::Checksum;
use super::desk::Remote;
use super::grant::{Asks, Grant, Noted, lease, own_writes};
use super::holder::holder_is_done;
use super::judge::Seen;
use super::read::{FoundOr, Look, Reader, peek};
use super::request::{Invalid, Request};
use crate::boxed::boxed;
use crate::clock::Stopwatch;
use crate::events::{Event, Miss, Served, Tier};
use crate::flight::Flight;
use crate::frame::Writer;
use crate::invalidate::retry;
use crate::lease;
use crate::memory::Held;
use crate::policy::Lease;
use crate::redis::{Fault, LeaseAsk, Leased};
use crate::stamp::{Recording, Subject, Watch};

/// More entries than this, one after the other, mean that others store what this site can't serve: it
/// loads for itself. Rounds of waiting do not count, as every renewal of a lease begins one.
const MOST_OTHERS: usize = 16;

/// What Redis had.
#[derive(Debug)]
pub(crate) enum Fetched {
    Hit(Arc<Held>),
    /// It may be served, and another refreshes it, or nobody does for now.
    Older(Arc<Held>),
    /// Nothing fresh: load, and store under this grant if there is one.
    Load {
        grant: Option<Box<Grant>>,
        /// What may be served while it is loaded, or if that fails.
        older: Option<Arc<Held>>,
    },
    /// Redis can't be asked, and the site would rather have what memory holds than a load.
    Unchecked(Arc<Held>),
}

/// Whether to wait for a load of another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// This long at most: it has waited for others of this process for the rest of its `wait`.
    Wait(Duration),
    /// This process has waited enough, or its leader failed.
    None,
}

impl Patience {
    fn left(self, waited: Duration) -> Duration {
        match self {
            Self::Wait(patience) => patience.saturating_sub(waited),
            Self::None => Duration::ZERO,
        }
    }
}

/// What came of the first read.
pub(crate) enum First<'a> {
    Hit(Arc<Held>),
    /// Redis is not to be asked.
    Ended(Fetched),
    More(Box<More<'a>>),
}

/// A first read that found nothing fresh, or failed.
pub(crate) struct More<'a> {
    fetch: Fetch<'a>,
    read: Result<FoundOr, Fault>,
}

impl First<'_> {
    /// Whether it found what may be served while it is refreshed.
    pub(crate) fn has_older(&self) -> bool {
        match self {
            Self::Hit(_) | Self::Ended(Fetched::Load { older: None, .. }) => false,
            Self::Ended(_) => true,
            Self::More(more) => matches!(more.read, Ok(Ok(_))),
        }
    }
}

/// What came of a read that its caller made before: nothing that can be served. It is not made again.
pub(super) type Known = Result<Invalid, Fault>;

/// Reads the entry once, unless its caller did.
///
/// Its future is small: most calls end here, and what follows is boxed.
pub(crate) async fn first<'a>(
    request: &'a Request,
    flight: &'a Flight,
    known: Option<Known>,
) -> First<'a> {
    // Without a key nothing that is there can be read, and nobody who waits for the lease would find anything stored.
    let Some(redis) = request.redis().filter(|_| !request.lacks_key()) else {
        request.miss(request.missed);
        return First::Ended(Fetched::Load {
            grant: None,
            older: request.stale_in_memory(),
        });
    };
    if request.tiers.owed.covers(&request.subjects) {
        retry(&request.tiers);
        request.miss(Miss::Outage);
        return First::Ended(Fetched::Load {
            grant: None,
            older: None,
        });
    }
    let reader = Reader { request, redis };
    let mut fetch = Fetch {
        reader,
        flight,
        missed: false,
        awaited: false,
        was_answered: false,
        since: record(request),
    };
    if let Some(known) = known {
        fetch.was_answered = known.is_ok();
        let read = known.map(Err);
        return First::More(Box::new(More { fetch, read }));
    }
    let watch = fetch.first_watch();
    let read = match reader.read(watch).await {
        Ok((judged, seen)) => {
            fetch.was_answered = true;
            Ok(reader.found(judged, &seen))
        }
        Err(fault) => Err(fault),
    };
    match read {
        Ok(Ok(found)) if found.is_fresh && !request.is_due(&found.held) => {
            request.emit(Event::Hit(Tier::Redis));
            request.lengthen(&found);
            First::Hit(found.held)
        }
        read => First::More(Box::new(More { fetch, read })),
    }
}

/// Takes the lease, or waits for its holder, where the first read found nothing fresh.
pub(crate) async fn fetch(more: Box<More<'_>>, patience: Patience, body: &Remote) -> Fetched {
    let More { mut fetch, read } = *more;
    let fault = match read {
        Ok(found) => match boxed(|| fetch.run(found, patience, body)).await {
            Ok(fetched) => return fetched,
            Err(fault) => fault,
        },
        Err(fault) => fault,
    };
    let request = fetch.reader.request;
    request.trouble("read", fault.as_str());
    // What Redis said of the entry counts, though it would not do the next thing asked.
    if !fetch.was_answered
        && fault.is_outage()
        && let Some(held) = request.unchecked_in_memory()
    {
        return Fetched::Unchecked(held);
    }
    fetch.miss_once(Miss::Outage);
    Fetched::Load {
        grant: None,
        older: request.stale_in_memory(),
    }
}

/// The answer to a wish for the lease.
struct Asked {
    leased: Leased,
    seen: Seen,
    /// `None` if a stamp could not be made.
    noted: Option<Noted>,
    /// The cells for what was found stale before.
    still: Watch,
}

impl Asked {
    /// The right to store what is loaded under this lease, in the place of what has this checksum.
    fn grant(self, lease: lease::Lease, replaces: Option<Checksum>) -> Option<Box<Grant>> {
        Some(Box::new(Grant {
            lease,
            noted: self.noted?,
            basis: self.seen.basis,
            claimed: None,
            replaces,
        }))
    }
}

struct Fetch<'a> {
    reader: Reader<'a>,
    flight: &'a Flight,
    missed: bool,
    /// Whether another process was waited for.
    awaited: bool,
    /// Whether Redis said what it has of the entry.
    was_answered: bool,
    /// What was pushed since before the last read: whether what it found to serve still is valid when
    /// the lease was asked for. The cell that it was read under can't tell, as the lease is pushed
    /// to its own holder too.
    since: Recording,
}

fn record(request: &Request) -> Recording {
    let serves_older = request.policy.stale_ms > 0 || request.ahead > 0.0;
    let subjects: &[Subject] = match serves_older {
        true => &request.subjects,
        false => &[],
    };
    request.tiers.cells.record(subjects.iter().cloned())
}

impl Fetch<'_> {
    async fn run(
        &mut self,
        mut found: FoundOr,
        patience: Patience,
        body: &Remote,
    ) -> Result<Fetched, Fault> {
        let (request, waiting) = (self.reader.request, Stopwatch::start());
        let mut others = 0;
        while others < MOST_OTHERS {
            let (older, why, there) = match found {
                Ok(found) if found.is_fresh && !request.is_due(&found.held) => {
                    match self.missed {
                        // It is another process's load that was waited for.
                        true => request.served_by(Served::Shared),
                        false => request.emit(Event::Hit(Tier::Redis)),
                    }
                    return Ok(Fetched::Hit(found.held));
                }
                Ok(found) if request.rests() => return Ok(Fetched::Older(found.held)),
                Ok(found) if found.is_fresh => (Some(found.held), Miss::Early, found.there),
                Ok(found) => (Some(found.held), Miss::Expired, found.there),
                Err((why, there)) => (None, why, there),
            };
            self.miss_once(why);
            let (mine, asked) = boxed(|| self.take(&there.id)).await?;
            let older = boxed(|| self.still(older, &asked)).await;
            let lease = match asked.leased {
                Leased::Acquired => mine,
                Leased::Shared { token } => mine.sharing(token),
                Leased::NoStore => {
                    mine.spent();
                    return Ok(Fetched::Load { grant: None, older });
                }
                Leased::Entry(bytes) => {
                    mine.spent();
                    others += 1;
                    if self.is_late(&asked.seen) {
                        found = self.read().await?;
                        continue;
                    }
                    let mut seen = asked.seen;
                    let judged = self.reader.judge(Some(&bytes.into()), &mut seen).await?;
                    found = self.reader.found(judged, &seen);
                    continue;
                }
                Leased::Held { holder } => {
                    mine.spent();
                    if let Some(older) = older {
                        return Ok(Fetched::Older(request.rested(older)));
                    }
                    let left = patience.left(waiting.elapsed());
                    self.await_once(left);
                    let by = (&*holder, &asked.seen);
                    let _waiting = body.waiting();
                    if !boxed(|| holder_is_done(&self.reader, &there.id, by, left)).await? {
                        return Ok(Fetched::Load { grant: None, older });
                    }
                    found = self.read().await?;
                    continue;
                }
            };
            let grant = asked.grant(lease, there.checksum);
            return Ok(Fetched::Load { grant, older });
        }
        Ok(Fetched::Load {
            grant: None,
            older: None,
        })
    }

    /// What was found to serve before the lease was asked for, if it still is.
    async fn still(&self, older: Option<Arc<Held>>, asked: &Asked) -> Option<Arc<Held>> {
        let (request, older) = (self.reader.request, older?);
        // What a body is given goes into what is stored under the stamps that were noted since.
        let is_told = asked.seen.basis.pushes() || !request.asks_for_older();
        if is_told && let Some(older) = request.still(older, &asked.still) {
            return Some(older);
        }
        // Its lease may be all that changed, which is pushed as the entry is.
        let found = peek(request, Look::Verify).await;
        found.map(|found| found.held)
    }

    async fn read(&mut self) -> Result<FoundOr, Fault> {
        self.since = record(self.reader.request);
        let watch = self.watch();
        let read = boxed(|| self.reader.read(watch)).await;
        self.was_answered |= read.is_ok();
        let (judged, seen) = read?;
        Ok(self.reader.found(judged, &seen))
    }

    /// Whether those who joined while it was asked for may have come after an invalidation of it.
    fn is_late(&self, seen: &Seen) -> bool {
        let tiers = &self.reader.request.tiers;
        let now = tiers.clock.now();
        !seen.basis.holds(now) || seen.basis.until(tiers.limits.lag_ms) <= now
    }

    /// Tells that another process is waited for, if it is and was not before.
    fn await_once(&mut self, left: Duration) {
        if !left.is_zero() && !std::mem::replace(&mut self.awaited, true) {
            self.reader.request.emit(Event::LeaseAwaited);
        }
    }

    fn miss_once(&mut self, why: Miss) {
        if !std::mem::replace(&mut self.missed, true) {
            self.reader.request.miss(why);
        }
    }

    /// The cells for the first read: those of the flight while they hold, as it began just now.
    fn first_watch(&self) -> Watch {
        let request = self.reader.request;
        let now = request.tiers.clock.now();
        match self.flight.cells(now).filter(|_| !request.derives_tags()) {
            Some(cells) => cells.clone(),
            None => self.watch(),
        }
    }

    /// The cells for what is read from now on. Where those the flight rests on were flipped, it
    /// rests on these, as its value will come of what is asked for under them.
    fn watch(&self) -> Watch {
        let watch = self.reader.request.watch();
        if !self.flight.holds(self.reader.request.tiers.clock.now()) {
            let terms = self.reader.request.terms();
            self.flight.rest_on(&terms.basis, terms.lag_ms);
        }
        watch
    }

    /// Asks for the lease, which is held from before it is asked for, so that a caller dropped
    /// meanwhile gives it back.
    async fn take(&mut self, invalid_id: &[u8]) -> Result<(lease::Lease, Asked), Fault> {
        let mine = lease(self.reader.request, self.reader.redis, Writer::Load);
        // Looked at after it is noted: a close gives back what is noted, and wakes who waits for that.
        if !self.reader.request.tiers.is_on() {
            mine.spent();
            return Err(Fault::Down);
        }
        match self.ask(mine.token(), invalid_id).await {
            Ok(asked) => Ok((mine, asked)),
            Err(fault) => {
                if fault == Fault::Down && self.reader.redis.has_one_link() {
                    // It was not sent.
                    mine.spent();
                }
                Err(fault)
            }
        }
    }

    async fn ask(&mut self, token: &[u8; 16], invalid_id: &[u8]) -> Result<Asked, Fault> {
        let request = self.reader.request;
        let sent = request.tiers.clock.now();
        let next = record(request);
        let asks = Asks::new(request, sent);
        let ask = LeaseAsk {
            lease: &request.name.lease(),
            entry: request.name.as_str(),
            token,
            ttl_ms: request.lease_ms(),
            invalid_id,
            share: request.policy.lease == Lease::Process,
        };
        let asking = self.flight.asks();
        let stamp_asks = asks.stamps();
        let leasing = self.reader.redis.lease(&ask, &stamp_asks);
        let reply = request.allowance.within(leasing).await?;
        let stamps = request.stamped().iter().cloned();
        let stamps = stamps
            .zip(reply.stamps.iter().map(|made| made.stamp))
            .collect();
        let own = own_writes(reply.writes, &reply.stamps, &reply.node);
        let still = request.tiers.cells.conclude(&self.since, own);
        self.since = next;
        let answered = asks.answered(reply.writes, &reply.stamps, &reply.node);
        let leased = reply.leased?;
        if let Some(fault) = answered.refused {
            return Err(fault);
        }
        // What it will give comes of what was asked now.
        let lag_ms = request.tiers.limits.lag_ms;
        self.flight.rest_on(&answered.loading, lag_ms);
        drop(asking);
        Ok(Asked {
            leased,
            noted: answered.noted,
            still,
            seen: Seen {
                stamps,
                basis: answered.basis,
                read_at: request.tiers.clock.now(),
                node_ms: reply.node.ms,
                run_id: reply.node.run_id,
            },
        })
    }
}
