//! The read from Redis, and the lease for a load where it finds nothing fresh.

use std::sync::Arc;

use super::judge::Seen;
use super::read::Reader;
use super::request::Request;
use super::right::{Right, lease};
use super::stamps::{Asks, Noted};
use super::wait::holder_is_done;
use crate::clock::Stopwatch;
use crate::events::{Event, Miss, Tier};
use crate::flight::Flight;
use crate::invalidate::retry;
use crate::memory::Held;
use crate::policy::Lease;
use crate::redis::{Fault, LeaseAsk, Leased};
use crate::stamp::Watch;
use crate::value::Cacheable;

/// More rounds than this means that others store what this site can't serve: it loads for itself.
const MOST_ROUNDS: usize = 16;

/// What Redis had.
#[derive(Debug)]
pub(crate) enum Fetched<T> {
    Hit(Arc<Held<T>>),
    /// Stale, and another process refreshes it.
    Stale(Arc<Held<T>>),
    /// Nothing fresh: load, and store under this right if there is one.
    Load {
        right: Option<Right>,
        /// What may be served while it is loaded, or if that fails.
        stale: Option<Arc<Held<T>>>,
    },
    /// Redis can't be asked, and the site would rather have what memory holds than a load.
    Unchecked(Arc<Held<T>>),
}

/// Whether to wait for a load of another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Wait,
    /// This process has waited enough, or its leader failed.
    None,
}

/// Reads the entry; takes the lease, or waits for its holder, where it can't be served.
pub(crate) async fn fetch<T: Cacheable>(
    request: &Request,
    flight: &Flight,
    patience: Patience,
) -> Fetched<T> {
    let Some(link) = &request.tiers.link else {
        request.miss(request.missed);
        return Fetched::Load {
            right: None,
            stale: request.stale_in_memory(),
        };
    };
    if request.tiers.owed.covers(&request.subjects) {
        retry(&request.tiers);
        request.miss(Miss::Outage);
        return Fetched::Load {
            right: None,
            stale: None,
        };
    }
    let reader = Reader { request, link };
    let mut fetch = Fetch {
        reader,
        flight,
        missed: false,
    };
    match fetch.run(patience).await {
        Ok(fetched) => fetched,
        Err(fault) => {
            request.trouble("read", fault.as_str());
            if let Some(held) = request.unchecked_in_memory() {
                return Fetched::Unchecked(held);
            }
            fetch.miss_once(Miss::Outage);
            Fetched::Load {
                right: None,
                stale: request.stale_in_memory(),
            }
        }
    }
}

struct Fetch<'a> {
    reader: Reader<'a>,
    flight: &'a Flight,
    missed: bool,
}

impl Fetch<'_> {
    async fn run<T: Cacheable>(&mut self, patience: Patience) -> Result<Fetched<T>, Fault> {
        let waiting = Stopwatch::start();
        let (mut judged, mut seen) = self.reader.read(self.watch()).await?;
        for _ in 0..MOST_ROUNDS {
            let (stale, why, id) = match self.reader.found(judged, &seen) {
                Ok(found) if found.is_fresh => {
                    // After a miss it is another process's load that was waited for.
                    if !self.missed {
                        self.reader.request.emit(Event::Hit(Tier::Redis));
                    }
                    return Ok(Fetched::Hit(found.held));
                }
                Ok(found) => (Some(found.held), Miss::Expired, found.id),
                Err((why, id)) => (None, why, id),
            };
            self.miss_once(why);
            // Held from before it is asked for, so that a caller dropped meanwhile gives it back.
            let mine = lease(self.reader.request, self.reader.link);
            let asked = self.ask(mine.token(), &id, &seen).await?;
            // From here on the flight rests on what was asked for: who joins it may have begun
            // after what was read before was invalidated.
            let stale = stale.filter(|_| asked.still);
            let lease = match asked.leased {
                Leased::Acquired => mine,
                Leased::Shared { token } => mine.sharing(token),
                Leased::NoStore => {
                    mine.spent();
                    return Ok(Fetched::Load { right: None, stale });
                }
                Leased::Entry(bytes) => {
                    mine.spent();
                    seen = asked.seen;
                    judged = self.reader.judge(Some(&bytes), &mut seen).await?;
                    continue;
                }
                Leased::Held => {
                    mine.spent();
                    if let Some(stale) = stale {
                        return Ok(Fetched::Stale(self.reader.request.rested(stale)));
                    }
                    if patience == Patience::None
                        || !holder_is_done(&self.reader, &id, &asked.seen, waiting).await?
                    {
                        return Ok(Fetched::Load { right: None, stale });
                    }
                    (judged, seen) = self.reader.read(self.watch()).await?;
                    continue;
                }
            };
            let right = asked.noted.map(|noted| Right {
                lease,
                noted,
                seen_at: asked.seen.sent,
                watch: asked.seen.watch,
                vouch: asked.seen.vouch.map(|cell| vec![cell]),
            });
            return Ok(Fetched::Load { right, stale });
        }
        Ok(Fetched::Load {
            right: None,
            stale: None,
        })
    }

    fn miss_once(&mut self, why: Miss) {
        if !std::mem::replace(&mut self.missed, true) {
            self.reader.request.miss(why);
        }
    }

    /// The cells for what is read from now on. Where those the flight rests on were flipped, it
    /// rests on these, as its value will come of what is asked for under them.
    fn watch(&self) -> Watch {
        let watch = self.reader.request.watch();
        if !self.flight.holds(self.reader.request.tiers.clock.now()) {
            self.flight.rest_on(self.reader.request.terms().watch);
        }
        watch
    }

    /// Asks for the lease; `before` is what was read before.
    async fn ask(
        &self,
        token: &[u8; 16],
        invalid_id: &[u8],
        before: &Seen,
    ) -> Result<Asked, Fault> {
        let request = self.reader.request;
        let sent = request.tiers.clock.now();
        let asks = Asks::new(request, sent);
        // What changes from now on is recorded: looked at later, they would also show own writes.
        let held = before.watch.holds_stale(sent);
        let ask = LeaseAsk {
            lease: &request.name.lease(),
            entry: request.name.as_str(),
            token,
            ttl_ms: request.tiers.limits.lease_ms,
            invalid_id,
            share: request.policy.lease == Lease::Process,
        };
        let reply = self.reader.link.lease(&ask, &asks.stamps()).await?;
        let stamps = request.stamped().iter().cloned();
        let stamps = stamps
            .zip(reply.stamps.iter().map(|made| made.stamp))
            .collect();
        let answered = asks.answered(reply.writes, &reply.stamps, reply.vouch.as_ref());
        let watch = answered.watch;
        // What it will give comes of what was asked now.
        self.flight
            .rest_on(watch.and(&answered.buckets).and(reply.vouch.as_slice()));
        Ok(Asked {
            still: held && before.is_of_connection(reply.vouch.as_ref()),
            leased: reply.leased,
            noted: answered.noted,
            seen: Seen {
                stamps,
                sent,
                node_ms: reply.node_ms,
                run_id: reply.run_id,
                vouch: reply.vouch,
                watch,
            },
        })
    }
}

/// The answer to a wish for the lease.
struct Asked {
    /// Whether what was read before was still valid when this was asked, on the same connection.
    still: bool,
    leased: Leased,
    seen: Seen,
    /// `None` if a stamp could not be made.
    noted: Option<Noted>,
}
