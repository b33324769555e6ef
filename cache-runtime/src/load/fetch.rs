//! The read from Redis, and the lease for a load where it finds nothing.

use std::sync::Arc;
use std::time::Duration;

use super::judge::{Judged, Seen, judge};
use super::request::Request;
use super::stamps::{Asks, as_stamp, noted};
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
        request.miss(Miss::Absent);
        return Fetched::Load(None);
    };
    if request.tiers.owed.covers(&request.subjects) {
        retry(&request.tiers);
        request.miss(Miss::Outage);
        return Fetched::Load(None);
    }
    let mut fetch = Fetch::new(request, link, watch);
    match fetch.run(patience).await {
        Ok(fetched) => fetched,
        Err(fault) => {
            fetch.miss_once(Miss::Outage);
            request.trouble("read", fault.as_str());
            Fetched::Load(None)
        }
    }
}

/// Why an entry is read without a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// To serve it: it counts as a hit.
    Serve,
    /// To serve it to one that waited for it: counted as its follower.
    Verify,
    /// To tell of it.
    Inspect,
}

/// Reads the entry and nothing more.
pub(crate) async fn peek<T: Cacheable>(
    request: &Request,
    watch: &Watch,
    look: Look,
) -> Option<Arc<Held<T>>> {
    let link = request.tiers.link.as_ref()?;
    if request.tiers.owed.covers(&request.subjects) {
        return None;
    }
    let mut fetch = Fetch::new(request, link, watch);
    fetch.missed = look != Look::Serve;
    match fetch.read().await {
        Ok((judged, seen)) => fetch.hit(judged, &seen).ok(),
        Err(fault) => {
            request.trouble("read", fault.as_str());
            None
        }
    }
}

/// Takes the lease by force and notes the stamps: for a put, which stores whatever was under way.
pub(crate) async fn claim(request: &Request, link: &Link) -> Result<Option<Right>, Fault> {
    let token = rand::random();
    let lease_ms = request.tiers.limits.lease_ms;
    let seen_at = request.tiers.clock.now();
    link.claim(&request.name.lease(), &token, lease_ms).await?;
    let lease = Lease::held(link, &request.name, token, lease_ms);
    let asks = Asks::new(request);
    let stamps = link.stamps(&asks.stamps()).await?;
    Ok(noted(request.stamped(), &stamps).map(|stamps| Right {
        lease,
        stamps,
        seen_at,
    }))
}

struct Fetch<'a> {
    request: &'a Request,
    link: &'a Link,
    watch: &'a Watch,
    missed: bool,
}

impl<'a> Fetch<'a> {
    fn new(request: &'a Request, link: &'a Link, watch: &'a Watch) -> Self {
        Self {
            request,
            link,
            watch,
            missed: false,
        }
    }

    async fn run<T: Cacheable>(&mut self, patience: Patience) -> Result<Fetched<T>, Fault> {
        let waiting = Stopwatch::start();
        let wait = Duration::from_millis(self.request.policy.wait_ms);
        let (mut judged, mut seen) = self.read().await?;
        for _ in 0..MOST_ROUNDS {
            let (why, id) = match self.hit(judged, &seen) {
                Ok(held) => return Ok(Fetched::Hit(held)),
                Err(invalid) => invalid,
            };
            self.miss_once(why);
            let token = rand::random();
            let (leased, now_seen) = self.ask(&token, &id).await?;
            let lease_ms = self.request.tiers.limits.lease_ms;
            let name = &self.request.name;
            let lease = match leased {
                Leased::Acquired => Lease::held(self.link, name, token, lease_ms),
                Leased::Shared { token } => Lease::shared(self.link, name, token),
                Leased::NoStore => return Ok(Fetched::Load(None)),
                Leased::Entry(bytes) => {
                    judged = self.judged(Some(&bytes), &now_seen).await?;
                    seen = now_seen;
                    continue;
                }
                Leased::Held => {
                    if patience == Patience::None || !self.holder_is_done(&id, waiting, wait).await? {
                        return Ok(Fetched::Load(None));
                    }
                    (judged, seen) = self.read().await?;
                    continue;
                }
            };
            let stamps: Vec<_> = now_seen.stamps.iter().map(|(_, stamp)| *stamp).collect();
            let right = noted(self.request.stamped(), &stamps).map(|stamps| Right {
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
            self.request.miss(why);
        }
    }

    /// One round trip: the entry, and beside it the stamps that the site knows of.
    async fn read<T: Cacheable>(&self) -> Result<(Judged<T>, Seen), Fault> {
        let clock = Stopwatch::start();
        let sent = self.request.tiers.clock.now();
        let stamped = self.request.stamped();
        let mut names = vec![self.request.name.as_str().to_owned()];
        names.extend(stamped.iter().map(|subject| self.request.stamp_name(subject)));
        let read = self.link.read(names).await?;
        self.request.emit(Event::Read(clock.elapsed()));
        let mut values = read.values.into_iter();
        let entry = values.next().flatten();
        let stamps = stamped.iter().cloned().zip(values.map(as_stamp)).collect();
        let mut seen = Seen {
            stamps,
            sent,
            node_ms: read.node_ms,
            run_id: read.run_id,
        };
        let judged = self.judge_with(entry.as_deref(), &mut seen).await?;
        Ok((judged, seen))
    }

    async fn judged<T: Cacheable>(
        &self,
        entry: Option<&[u8]>,
        seen: &Seen,
    ) -> Result<Judged<T>, Fault> {
        let mut seen = Seen {
            stamps: seen.stamps.clone(),
            ..*seen
        };
        self.judge_with(entry, &mut seen).await
    }

    /// Judges, and reads the stamps that only the frame knows of, if there are such.
    async fn judge_with<T: Cacheable>(
        &self,
        entry: Option<&[u8]>,
        seen: &mut Seen,
    ) -> Result<Judged<T>, Fault> {
        let Some(entry) = entry else {
            return Ok(Judged::absent());
        };
        let judged = judge(self.request, entry, seen);
        let Judged::Unknown(subjects) = judged else {
            return Ok(judged);
        };
        let names: Vec<_> = subjects.iter().map(|s| self.request.stamp_name(s)).collect();
        let read = self.link.read(names).await?;
        let stamps = read.values.into_iter().map(as_stamp);
        seen.stamps.extend(subjects.into_iter().zip(stamps));
        Ok(judge(self.request, entry, seen))
    }

    /// A fresh entry as memory may keep it: without pushes, until the read it rests on is `lag` old.
    fn hit<T: Cacheable>(
        &self,
        judged: Judged<T>,
        seen: &Seen,
    ) -> Result<Arc<Held<T>>, (Miss, Vec<u8>)> {
        match judged {
            Judged::Fresh {
                value,
                bytes,
                left_ms,
            } => {
                let tiers = &self.request.tiers;
                // After a miss it is another process's load that was waited for.
                if !self.missed {
                    self.request.emit(Event::Hit(Tier::Redis));
                }
                let until = tiers.clock.now().plus_ms(left_ms);
                Ok(Arc::new(Held {
                    until: until.min(seen.sent.plus_ms(tiers.limits.lag_ms)),
                    watch: self.watch.clone(),
                    weight: u32::try_from(bytes).unwrap_or(u32::MAX),
                    counters: Arc::clone(&self.request.counters),
                    value,
                }))
            }
            Judged::Invalid { why, id } => Err((why, id)),
            // Its stamps changed between two reads; the lease will tell.
            Judged::Unknown(_) => Err((Miss::Invalidated, Vec::new())),
        }
    }

    async fn ask(&self, token: &[u8; 16], invalid_id: &[u8]) -> Result<(Leased, Seen), Fault> {
        let request = self.request;
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
        let reply = self.link.lease(&ask, &asks.stamps()).await?;
        let stamps = request.stamped().iter().cloned().zip(reply.stamps).collect();
        let seen = Seen {
            stamps,
            sent,
            node_ms: reply.node_ms,
            run_id: reply.run_id,
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
        let names = [self.request.name.as_str().to_owned(), self.request.name.lease()];
        while waiting.elapsed() < wait {
            tokio::time::sleep((waiting.elapsed() / 8).clamp(SHORTEST, LONGEST)).await;
            let read = self.link.read(names.to_vec()).await?;
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
    entry.get(crate::frame::ID_OFFSET..).is_some_and(|rest| !id.is_empty() && rest.starts_with(id))
}
