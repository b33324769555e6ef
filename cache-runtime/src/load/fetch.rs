//! The read from Redis, and the lease for a load where it finds nothing.

use std::sync::Arc;
use std::time::Duration;

use super::judge::Seen;
use super::read::Reader;
use super::request::Request;
use super::stamps::{Asks, noted};
use crate::clock::{Moment, Stopwatch};
use crate::events::{Event, Miss, Tier};
use crate::frame::Stamped;
use crate::invalidate::retry;
use crate::lease::Lease;
use crate::memory::Held;
use crate::policy;
use crate::redis::{Fault, LeaseAsk, Leased, Link};
use crate::stamp::Watch;
use crate::value::Cacheable;

/// More rounds than this means that others store what this site can't serve: it loads for itself.
const MOST_ROUNDS: usize = 16;

/// What Redis had.
#[derive(Debug)]
pub(crate) enum Fetched<T> {
    Hit(Arc<Held<T>>),
    /// Nothing to serve: load, and store under this right if there is one.
    Load(Option<Right>),
}

/// The right to store a load: its lease, and the stamps it noted before it began.
#[derive(Debug)]
pub(crate) struct Right {
    pub(crate) lease: Lease,
    pub(crate) stamps: Vec<Stamped>,
    pub(crate) seen_at: Moment,
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
    watch: &Watch,
    patience: Patience,
) -> Fetched<T> {
    let Some(link) = &request.tiers.link else {
        request.miss(request.missed);
        return Fetched::Load(None);
    };
    if request.tiers.owed.covers(&request.subjects) {
        retry(&request.tiers);
        request.miss(Miss::Outage);
        return Fetched::Load(None);
    }
    let reader = Reader {
        request,
        link,
        watch,
    };
    let mut fetch = Fetch {
        reader,
        missed: false,
    };
    match fetch.run(patience).await {
        Ok(fetched) => fetched,
        Err(fault) => {
            fetch.miss_once(Miss::Outage);
            request.trouble("read", fault.as_str());
            Fetched::Load(None)
        }
    }
}

/// Takes the lease by force and notes the stamps: for a put, which stores whatever was under way.
pub(crate) async fn claim(request: &Request, link: &Link) -> Result<Option<Right>, Fault> {
    let lease = lease(request, link);
    let seen_at = request.tiers.clock.now();
    link.claim(
        &request.name.lease(),
        lease.token(),
        request.tiers.limits.lease_ms,
    )
    .await?;
    let asks = Asks::new(request);
    let stamps = link.stamps(&asks.stamps()).await?;
    Ok(noted(request.stamped(), &stamps).map(|stamps| Right {
        lease,
        stamps,
        seen_at,
    }))
}

/// The lease of a request, with a token that was never used before.
fn lease(request: &Request, link: &Link) -> Lease {
    Lease::held(
        link,
        &request.name,
        rand::random(),
        request.tiers.limits.lease_ms,
    )
}

struct Fetch<'a> {
    reader: Reader<'a>,
    missed: bool,
}

impl Fetch<'_> {
    async fn run<T: Cacheable>(&mut self, patience: Patience) -> Result<Fetched<T>, Fault> {
        let waiting = Stopwatch::start();
        let wait = Duration::from_millis(self.reader.request.policy.wait_ms);
        let (mut judged, mut seen) = self.reader.read().await?;
        for _ in 0..MOST_ROUNDS {
            let (why, id) = match self.reader.hit(judged, &seen) {
                Ok(held) => {
                    // After a miss it is another process's load that was waited for.
                    if !self.missed {
                        self.reader.request.emit(Event::Hit(Tier::Redis));
                    }
                    return Ok(Fetched::Hit(held));
                }
                Err(invalid) => invalid,
            };
            self.miss_once(why);
            // Held from before it is asked for, so that a caller dropped meanwhile gives it back.
            let mine = lease(self.reader.request, self.reader.link);
            let (leased, now_seen) = self.ask(mine.token(), &id).await?;
            let lease = match leased {
                Leased::Acquired => mine,
                Leased::Shared { token } => mine.sharing(token),
                Leased::NoStore => {
                    mine.spent();
                    return Ok(Fetched::Load(None));
                }
                Leased::Entry(bytes) => {
                    mine.spent();
                    judged = self.reader.judged(Some(&bytes), &now_seen).await?;
                    seen = now_seen;
                    continue;
                }
                Leased::Held => {
                    mine.spent();
                    if patience == Patience::None
                        || !self.holder_is_done(&id, waiting, wait).await?
                    {
                        return Ok(Fetched::Load(None));
                    }
                    (judged, seen) = self.reader.read().await?;
                    continue;
                }
            };
            let stamps: Vec<_> = now_seen.stamps.iter().map(|(_, stamp)| *stamp).collect();
            let right = noted(self.reader.request.stamped(), &stamps).map(|stamps| Right {
                lease,
                stamps,
                seen_at: now_seen.sent,
            });
            return Ok(Fetched::Load(right));
        }
        Ok(Fetched::Load(None))
    }

    fn miss_once(&mut self, why: Miss) {
        if !std::mem::replace(&mut self.missed, true) {
            self.reader.request.miss(why);
        }
    }

    async fn ask(&self, token: &[u8; 16], invalid_id: &[u8]) -> Result<(Leased, Seen), Fault> {
        let request = self.reader.request;
        let sent = request.tiers.clock.now();
        let asks = Asks::new(request);
        let ask = LeaseAsk {
            lease: &request.name.lease(),
            entry: request.name.as_str(),
            token,
            ttl_ms: request.tiers.limits.lease_ms,
            invalid_id,
            share: request.policy.lease == policy::Lease::Process,
        };
        let reply = self.reader.link.lease(&ask, &asks.stamps()).await?;
        let stamps = request
            .stamped()
            .iter()
            .cloned()
            .zip(reply.stamps)
            .collect();
        let seen = Seen {
            stamps,
            sent,
            node_ms: reply.node_ms,
            run_id: reply.run_id,
            more: None,
        };
        Ok((reply.leased, seen))
    }

    /// Waits until the lease is gone or the entry is another; `false` if the patience ends first.
    ///
    /// The pause grows with the time waited, an eighth of it: a load of 100 ms is seen 12 ms late
    /// at most, and one of seconds is not asked for a thousand times.
    async fn holder_is_done(
        &self,
        old_id: &[u8],
        waiting: Stopwatch,
        wait: Duration,
    ) -> Result<bool, Fault> {
        const SHORTEST: Duration = Duration::from_millis(2);
        const LONGEST: Duration = Duration::from_millis(50);
        let names = [
            self.reader.request.name.as_str().to_owned(),
            self.reader.request.name.lease(),
        ];
        while waiting.elapsed() < wait {
            tokio::time::sleep((waiting.elapsed() / 8).clamp(SHORTEST, LONGEST)).await;
            let read = self.reader.link.read(names.to_vec()).await?;
            let mut values = read.values.into_iter();
            let entry = values.next().flatten();
            let lease = values.next().flatten();
            let is_new = entry.is_some_and(|entry| !entry_has_id(&entry, old_id));
            if is_new || lease.is_none_or(|lease| lease.len() != 16) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn entry_has_id(entry: &[u8], id: &[u8]) -> bool {
    entry
        .get(crate::frame::ID_OFFSET..)
        .is_some_and(|rest| !id.is_empty() && rest.starts_with(id))
}
