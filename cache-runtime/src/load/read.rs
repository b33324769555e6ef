//! One read from Redis, and whether what it found may be served.

use std::sync::Arc;

use super::judge::{Judged, Seen, invalid, judge};
use super::request::Request;
use super::stamps::as_stamp;
use crate::clock::Stopwatch;
use crate::events::{Event, Miss, Tier};
use crate::memory::Held;
use crate::redis::{Fault, Link};
use crate::stamp::Watch;
use crate::value::Cacheable;

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
    let reader = Reader {
        request,
        link,
        watch,
    };
    match reader.read().await {
        Ok((judged, seen)) => {
            let held = reader.hit(judged, &seen).ok()?;
            if look == Look::Serve {
                request.emit(Event::Hit(Tier::Redis));
            }
            Some(held)
        }
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
    pub(super) link: &'a Link,
    pub(super) watch: &'a Watch,
}

impl Reader<'_> {
    /// One round trip: the entry, and beside it the stamps that the site knows of.
    pub(super) async fn read<T: Cacheable>(&self) -> Result<(Judged<T>, Seen), Fault> {
        let clock = Stopwatch::start();
        let sent = self.request.tiers.clock.now();
        let stamped = self.request.stamped();
        let mut names = vec![self.request.name.as_str().to_owned()];
        names.extend(
            stamped
                .iter()
                .map(|subject| self.request.stamp_name(subject)),
        );
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
            more: None,
        };
        let judged = self.judge_with(entry.as_deref(), &mut seen).await?;
        Ok((judged, seen))
    }

    pub(super) async fn judged<T: Cacheable>(
        &self,
        entry: Option<&[u8]>,
        seen: &Seen,
    ) -> Result<Judged<T>, Fault> {
        let mut seen = Seen {
            stamps: seen.stamps.clone(),
            more: None,
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
        let tiers = &self.request.tiers;
        if tiers.owed.covers(&subjects) {
            return Ok(invalid(Miss::Invalidated, entry));
        }
        seen.more = Some(tiers.cells.watch(&subjects));
        let names: Vec<_> = subjects
            .iter()
            .map(|s| self.request.stamp_name(s))
            .collect();
        let read = self.link.read(names).await?;
        if read.run_id != seen.run_id {
            // The node restarted between the two reads: nothing of the first is believed.
            return Ok(invalid(Miss::Invalidated, entry));
        }
        let stamps = read.values.into_iter().map(as_stamp);
        seen.stamps.extend(subjects.into_iter().zip(stamps));
        Ok(judge(self.request, entry, seen))
    }

    /// A fresh entry as memory may keep it: without pushes, until the read it rests on is `lag` old.
    pub(super) fn hit<T: Cacheable>(
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
                let until = tiers.clock.now().plus_ms(left_ms);
                Ok(Arc::new(Held {
                    until: until.min(seen.sent.plus_ms(tiers.limits.lag_ms)),
                    watch: self.watch.and(seen.more.as_ref()),
                    weight: u32::try_from(bytes).unwrap_or(u32::MAX),
                    counters: Arc::clone(&self.request.counters),
                    value,
                }))
            }
            Judged::Invalid { why, id } => Err((why, id)),
            // All it names was read by now; nothing is served on a guess.
            Judged::Unknown(_) => Err((Miss::Invalidated, Vec::new())),
        }
    }
}
