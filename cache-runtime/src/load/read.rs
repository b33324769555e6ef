//! One read from Redis, and whether what it found may be served.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::aside::{LARGE, aside};
use super::judge::{Judged, Seen, invalid, judge};
use super::request::{Invalid, Request};
use super::there::There;
use crate::boxed::boxed;
use crate::clock::Stopwatch;
use crate::events::{Event, Miss, Tier};
use crate::frame;
use crate::memory::Held;
use crate::redis::{Fault, Found as Answer, Keys, Read, Topology};
use crate::stamp::{Basis, Watch};

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

/// What Redis had that may be served.
#[derive(Debug)]
pub(crate) struct Found {
    /// As memory may keep it: for as long as its connection tells of changes, or else for `lag`
    /// from the sending of the read.
    pub(crate) held: Arc<Held>,
    pub(crate) is_fresh: bool,
    pub(crate) there: There,
}

/// What may be served; else why not, and what stands there.
pub(super) type FoundOr = Result<Found, Invalid>;

/// Reads the entry and nothing more, under cells registered now; `None` where Redis is not to be asked.
pub(super) async fn look(request: &Request, look: Look) -> Option<Result<FoundOr, Fault>> {
    let redis = request.redis()?;
    if request.lacks_key() || request.tiers.owed.covers(&request.subjects) {
        return None;
    }
    let reader = Reader { request, redis };
    let (judged, seen) = match reader.read(request.watch()).await {
        Ok(read) => read,
        Err(fault) => return Some(Err(fault)),
    };
    let found = reader.found(judged, &seen);
    if let Ok(found) = &found
        && look == Look::Serve
        && found.is_fresh
        && !request.is_due(&found.held)
    {
        request.emit(Event::Hit(Tier::Redis));
        request.lengthen(found);
    }
    Some(Ok(found))
}

/// What a look finds that may be served.
pub(crate) async fn peek(request: &Request, how: Look) -> Option<Found> {
    match look(request, how).await? {
        Ok(found) => found.ok(),
        Err(fault) => {
            request.trouble("read", fault.as_str());
            None
        }
    }
}

/// Reads an entry for a request.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) request: &'a Request,
    pub(super) redis: &'a Topology,
}

impl Reader<'_> {
    /// One round trip: the entry, and beside it the stamps that the site knows of. The watch was
    /// registered before.
    ///
    /// Over several connections these are not of one moment: a stamp may have been looked for just
    /// before it was made, and the entry just after it was stored under it. So what seems
    /// invalidated is looked at once more.
    pub(super) async fn read(&self, watch: Watch) -> Result<(Judged, Seen), Fault> {
        let (entry, seen) = self.ask(watch.clone()).await?;
        match self.judge_now(entry.as_ref(), &seen) {
            Some(judged) if !self.is_doubtful(&judged) => Ok((judged, seen)),
            judged => boxed(|| self.read_on(judged, (entry, seen), watch)).await,
        }
    }

    /// Ends a read that is not judged yet, or looks once more. It is apart, as most reads don't come here.
    async fn read_on(
        &self,
        judged: Option<Judged>,
        (entry, mut seen): (Option<Bytes>, Seen),
        watch: Watch,
    ) -> Result<(Judged, Seen), Fault> {
        let judged = match judged {
            Some(judged) => judged,
            None => self.judge(entry.as_ref(), &mut seen).await?,
        };
        if !self.is_doubtful(&judged) {
            return Ok((judged, seen));
        }
        let (entry, mut seen) = self.ask(watch).await?;
        let judged = self.judge(entry.as_ref(), &mut seen).await?;
        Ok((judged, seen))
    }

    /// Whether it only seems invalidated, as what was read of it is not of one moment.
    fn is_doubtful(&self, judged: &Judged) -> bool {
        let seems = matches!(
            judged,
            Judged::Invalid {
                why: Miss::Invalidated,
                ..
            }
        );
        seems && !self.redis.has_one_link()
    }

    /// The entry, and the stamps that the site knows of.
    async fn ask(&self, watch: Watch) -> Result<(Option<Bytes>, Seen), Fault> {
        let sent = self.request.tiers.clock.now();
        let (read, took) = match self.is_in_time() {
            true => self.read_now().await,
            false => boxed(|| self.read_in_time()).await,
        }?;
        let (request, tiers) = (self.request, &self.request.tiers);
        let stamped = request.stamped();
        request.emit(Event::Read(took));
        let mut found = read.found.into_iter();
        let entry = found.next().and_then(|entry| entry.bytes);
        let stamps = stamped.iter().cloned().zip(found.map(Answer::stamp));
        let seen = Seen {
            stamps: stamps.collect(),
            basis: Basis::new(watch, read.vouch, sent),
            read_at: tiers.clock.now(),
            node_ms: read.node.ms,
            run_id: read.node.run_id,
        };
        Ok((entry, seen))
    }

    /// Whether a read on the connection that is there ends by itself before this call has waited enough.
    fn is_in_time(&self) -> bool {
        let longest = self.redis.longest_read();
        longest.is_some_and(|longest| self.request.allowance.covers(longest))
    }

    /// Reads, and says how long that took.
    async fn read_now(&self) -> Result<(Read, Duration), Fault> {
        let (clock, spending) = (Stopwatch::start(), self.request.allowance.begin());
        let mut reading = self.redis.read_now(self.keys())?;
        let read = reading.found().await;
        let took = clock.elapsed();
        spending.end(took);
        Ok((read?, took))
    }

    async fn read_in_time(&self) -> Result<(Read, Duration), Fault> {
        let clock = Stopwatch::start();
        let reading = self.redis.read(self.keys());
        let read = self.request.allowance.within(reading).await?;
        Ok((read, clock.elapsed()))
    }

    /// The entry, then the stamps that the site knows of.
    fn keys(&self) -> Keys {
        let request = self.request;
        let stamps = request.stamped().iter();
        let stamps = stamps.map(|subject| request.stamp_name(subject));
        [request.name.shared()].into_iter().chain(stamps).collect()
    }

    /// Judges where that takes little, and no more than was seen.
    pub(super) fn judge_now(&self, entry: Option<&Bytes>, seen: &Seen) -> Option<Judged> {
        let Some(entry) = entry else {
            return Some(Judged::absent());
        };
        let is_small = frame::extent(entry) < LARGE;
        let judged = is_small.then(|| judge(self.request, entry, seen));
        judged.filter(|judged| !matches!(judged, Judged::Unknown(_)))
    }

    /// Judges, and reads the stamps that only the frame knows of, if there are such.
    pub(super) async fn judge(
        &self,
        entry: Option<&Bytes>,
        seen: &mut Seen,
    ) -> Result<Judged, Fault> {
        let Some(entry) = entry else {
            return Ok(Judged::absent());
        };
        let judged = self.judge_entry(entry, seen).await;
        let Judged::Unknown(subjects) = judged else {
            return Ok(judged);
        };
        let tiers = &self.request.tiers;
        seen.basis = seen.basis.and(tiers.cells.watch(&subjects).cells());
        if tiers.owed.covers(&subjects) {
            return Ok(invalid(Miss::Invalidated, entry));
        }
        let keys = subjects.iter().map(|s| self.request.stamp_name(s));
        let reading = self.redis.read(keys.collect());
        let read = self.request.allowance.within(reading).await?;
        if seen.basis.is_cut() {
            // The first read's node was perhaps restarted since, and is not believed.
            return Ok(invalid(Miss::Invalidated, entry));
        }
        seen.basis.also(&read.vouch);
        let stamps = read.found.into_iter().map(Answer::stamp);
        seen.stamps.extend(subjects.into_iter().zip(stamps));
        Ok(self.judge_entry(entry, seen).await)
    }

    /// Judges what may be judged by what was seen; a large entry away from the runtime's threads.
    async fn judge_entry(&self, entry: &Bytes, seen: &Seen) -> Judged {
        if frame::extent(entry) < LARGE {
            return judge(self.request, entry, seen);
        }
        let (request, bytes, seen) = (self.request.clone(), entry.clone(), seen.clone());
        let judged = boxed(|| aside(move || judge(&request, &bytes, &seen))).await;
        judged.unwrap_or_else(|| invalid(Miss::Unreadable, entry))
    }

    pub(super) fn found(&self, judged: Judged, seen: &Seen) -> FoundOr {
        let valid = match judged {
            Judged::Valid(valid) => valid,
            Judged::Invalid { why, there } => return Err((why, there)),
            // All it names was read by now; nothing is served on a guess.
            Judged::Unknown(_) => return Err((Miss::Invalidated, There::default())),
        };
        let tiers = &self.request.tiers;
        // Looked at under the cells that it was read under: what is owed later flips them.
        if tiers.owed.covers(&self.request.subjects) {
            return Err((Miss::Invalidated, valid.there));
        }
        // What it took to decode is off its life.
        let now = tiers.clock.now();
        if now >= seen.read_at.plus_ms(valid.left.most_ms()) {
            return Err((Miss::Expired, valid.there));
        }
        Ok(Found {
            is_fresh: now < valid.held.given.fresh_until,
            held: valid.held,
            there: valid.there,
        })
    }
}
