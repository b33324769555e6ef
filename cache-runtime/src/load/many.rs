//! One read of many entries, which serves those that are fresh: most of a batch comes to no more.
//!
//! What is not served goes on by itself. Of an entry that was found invalid it knows that much, and asks for the lease
//! next; the lease is only had where the same stands there still, so a look that is a little old does no harm.

use std::sync::Arc;

use futures_util::future::join_all;

use super::judge::Seen;
use super::read::Reader;
use super::request::{Invalid, Request};
use crate::boxed::boxed;
use crate::clock::Stopwatch;
use crate::events::{Event, Tier};
use crate::memory::Held;
use crate::redis::{Found as Answer, Keys, Topology};
use crate::stamp::{Basis, BySubject, Subject, Watch};

/// So many entries are read by one command at most, so that none holds up the node for long.
const AT_ONCE: usize = 64;

/// Reads entries, and gives those that are fresh, each with its place; of the others the requests are left.
///
/// Nothing is read where the entries may be at several nodes: what one read says would be of several moments.
pub(crate) async fn read_fresh(requests: &mut [Option<Arc<Request>>]) -> Vec<(usize, Arc<Held>)> {
    let Some(first) = requests.iter().flatten().next() else {
        return Vec::new();
    };
    let tiers = Arc::clone(&first.tiers);
    let Some(redis) = tiers.redis.as_ref().filter(|redis| redis.has_one_link()) else {
        return Vec::new();
    };
    let is_read = |request: &Request| {
        Arc::ptr_eq(&request.tiers, &tiers)
            && !request.reloads
            && request.redis().is_some()
            && !request.lacks_key()
            && !tiers.owed.covers(&request.subjects)
    };
    let all = requests.iter().enumerate();
    let read =
        all.filter_map(|(at, request)| Some((at, request.as_ref().filter(|one| is_read(one))?)));
    let read: Vec<(usize, &Arc<Request>)> = read.collect();
    // One has a read of its own as soon.
    if read.len() < 2 {
        return Vec::new();
    }
    let allowance = &read[0].1.allowance;
    let reads = read.chunks(AT_ONCE);
    let reads = reads.map(|some| allowance.within(async { Ok(read_some(redis, some).await) }));
    let answered = join_all(reads).await;
    let rest = allowance.rest();
    let mut fresh = Vec::new();
    for (at, found) in answered.into_iter().flatten().flatten() {
        match found {
            Ok(held) => {
                requests[at] = None;
                fresh.push((at, held));
            }
            Err(invalid) => {
                if let Some(request) = requests[at].as_mut().and_then(Arc::get_mut) {
                    request.invalid = Some(invalid);
                }
            }
        }
    }
    for request in requests.iter_mut().flatten().filter_map(Arc::get_mut) {
        request.allowance = rest.rest();
    }
    fresh
}

/// What was found at a place.
type Place = (usize, Result<Arc<Held>, Invalid>);

/// Reads some. What can't be told at once is left out.
async fn read_some(redis: &Topology, some: &[(usize, &Arc<Request>)]) -> Vec<Place> {
    let Some((_, first)) = some.first() else {
        return Vec::new();
    };
    let (clock, tiers) = (Stopwatch::start(), &first.tiers);
    // Registered before the read is sent.
    let watches: Vec<Watch> = some.iter().map(|(_, request)| request.watch()).collect();
    let sent = tiers.clock.now();
    let (keys, places) = keys(some);
    let Ok(read) = boxed(|| redis.read(keys)).await else {
        return Vec::new();
    };
    first.emit(Event::Read(clock.elapsed()));
    let read_at = tiers.clock.now();
    let mut found = read.found.into_iter();
    let entries: Vec<Answer> = found.by_ref().take(some.len()).collect();
    let stamps: Vec<_> = found.map(Answer::stamp).collect();
    let judged = some.iter().zip(entries).zip(watches);
    let judged = judged.filter_map(|(((at, request), entry), watch)| {
        let stamped = request.stamped().iter();
        let of = |subject: &Subject| stamps.get(*places.get(subject)?).copied().flatten();
        let seen = Seen {
            stamps: stamped
                .map(|subject| (subject.clone(), of(subject)))
                .collect(),
            basis: Basis::new(watch, read.vouch.clone(), sent),
            read_at,
            node_ms: read.node.ms,
            run_id: read.node.run_id,
        };
        Some((*at, judged_now(request, redis, entry, &seen)?))
    });
    judged.collect()
}

/// The entries, then each stamp once, with its place among these.
fn keys(some: &[(usize, &Arc<Request>)]) -> (Keys, BySubject<usize>) {
    let mut keys: Keys = some
        .iter()
        .map(|(_, request)| request.name.shared())
        .collect();
    let mut places = BySubject::default();
    for (_, request) in some {
        for subject in request.stamped() {
            if !places.contains(subject) {
                places.insert(subject.clone(), places.len());
                keys.push(request.stamp_name(subject));
            }
        }
    }
    (keys, places)
}

/// What is fresh, or why nothing is. A stale value, one that is due, and what takes longer to tell are left to a read of
/// their own.
fn judged_now(
    request: &Request,
    redis: &Topology,
    entry: Answer,
    seen: &Seen,
) -> Option<Result<Arc<Held>, Invalid>> {
    let reader = Reader { request, redis };
    let judged = reader.judge_now(entry.bytes.as_ref(), seen)?;
    match reader.found(judged, seen) {
        Ok(found) if found.is_fresh && !request.is_due(&found.held) => {
            request.emit(Event::Hit(Tier::Redis));
            request.lengthen(&found);
            request.keep(&found.held);
            request.ended(&found.held);
            request.tally.end(true);
            Some(Ok(found.held))
        }
        Ok(_) => None,
        Err(invalid) => Some(Err(invalid)),
    }
}
