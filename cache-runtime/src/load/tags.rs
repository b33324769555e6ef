//! Tags that come of the loaded value.
//!
//! Their stamps can't be noted before the load, as nobody knows which they will be. Each tag falls
//! into one of a few buckets, whose stamps are noted before: an invalidation of a tag deletes the
//! stamp of its bucket first and then its own. So once the tag's stamp was made or read, a bucket
//! that is still as noted says that the tag was not invalidated since the load began.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::grant::{Grant, Noted, noted, stamp_asks};
use super::request::Request;
use crate::boxed::boxed;
use crate::events::{Of, Unstored};
use crate::frame::Stamp;
use crate::redis::{Fault, Found, Made, StampAsk, Topology};
use crate::stamp::{Subject, Watch};
use crate::tag::{MOST_TAGS, Tag};
use crate::value::Erased;

/// The cells of the tags of a value, for a load that is to rest on them too: none if it has no other tags than
/// its call; an error if one was invalidated since the load began.
///
/// `buckets` are the cells of every bucket from before it.
pub(super) async fn tag(
    request: &Request,
    (grant, buckets): (Option<&mut Grant>, &Watch),
    value: &Erased,
) -> Result<Option<Watch>, Unstored> {
    let Some(tags_from) = &request.hooks.tags_from else {
        return Ok(None);
    };
    let subjects = subjects(request, &tags_from(&**value))?;
    if subjects.is_empty() {
        return Ok(None);
    }
    let cells = match (request.redis(), grant) {
        (Some(redis), Some(grant)) => note(request, redis, grant, &subjects).await?,
        _ => {
            // Registered before the buckets are looked at: an invalidation flips the bucket first,
            // so it is seen there or flips these.
            let cells = request.tiers.cells.watch(&subjects);
            if !hold(buckets, &subjects) {
                return Err(Unstored::Overtaken);
            }
            cells
        }
    };
    // An invalidation that Redis did not get changed no bucket there.
    if request.redis().is_some() && request.tiers.owed.covers(&subjects) {
        return Err(Unstored::Overtaken);
    }
    Ok(Some(cells))
}

/// Whether none of the buckets of these tags was invalidated here.
fn hold(buckets: &Watch, tags: &[Subject]) -> bool {
    let cell = |subject: &Subject| match bucket(subject) {
        Some(Subject::Bucket(bucket)) => buckets.cells().get(usize::from(bucket)),
        _ => None,
    };
    tags.iter().filter_map(cell).all(|cell| !cell.is_flipped())
}

/// The tags that are not the request's own, once each.
fn subjects(request: &Request, tags: &[Tag]) -> Result<Vec<Subject>, Unstored> {
    let own = request.subjects.iter().filter_map(|subject| match subject {
        Subject::Tag(name) => Some(name),
        _ => None,
    });
    let mut names: HashSet<&Arc<str>> = own.collect();
    let mut subjects = Vec::new();
    for tag in tags {
        let name = tag.name().map_err(|error| {
            tracing::debug!(target: "cache", site = request.site.identity, %error, "not stored");
            Unstored::Tag
        })?;
        if !names.insert(name) {
            continue;
        }
        if names.len() > MOST_TAGS {
            return Err(Unstored::TooManyTags);
        }
        request.tiers.events.used(Of::Tag, name);
        subjects.push(Subject::Tag(Arc::clone(name)));
    }
    Ok(subjects)
}

/// Makes or reads the stamps, then reads the buckets again; the cells of the tags.
async fn note(
    request: &Request,
    redis: &Topology,
    grant: &mut Grant,
    subjects: &[Subject],
) -> Result<Watch, Unstored> {
    let buckets = noted_buckets(&grant.noted, subjects)?;
    let cells = &request.tiers.cells;
    let recording = cells.record(subjects.iter().cloned());
    let stamps: Vec<_> = subjects.iter().map(|s| request.stamp_name(s)).collect();
    let unanswered = |fault: Fault| {
        request.trouble("note the value's tags", fault.as_str());
        Unstored::Outage
    };
    let asks = stamp_asks(request, &stamps);
    let asking = boxed(|| ask(request, redis, &asks, &buckets));
    let (made, held) = asking.await.map_err(unanswered)?;
    if let Some(fault) = made.iter().find_map(|made| made.refused) {
        return Err(unanswered(fault));
    }
    if !held {
        return Err(Unstored::Overtaken);
    }
    let noted = noted(subjects, &made).ok_or(Unstored::NoLease)?;
    grant.noted.stamps.extend(noted);
    let writes = made.iter().map(Made::pushed);
    let watch = cells.conclude(&recording, writes);
    made.iter().for_each(|made| grant.basis.also(&made.vouch));
    Ok(watch)
}

/// The buckets of these tags as they were noted before the load, once each: none is stored for a tag
/// whose bucket could not be.
fn noted_buckets(noted: &Noted, tags: &[Subject]) -> Result<Vec<(Subject, Stamp)>, Unstored> {
    let wanted = |bucket: &Subject| match bucket {
        Subject::Bucket(number) => Some(*number),
        _ => None,
    };
    let numbers = tags.iter().filter_map(bucket);
    let numbers: BTreeSet<u8> = numbers.filter_map(|bucket| wanted(&bucket)).collect();
    let there = noted.buckets.iter();
    let there = there.filter(|(bucket, _)| wanted(bucket).is_some_and(|n| numbers.contains(&n)));
    let buckets: Vec<_> = there.cloned().collect();
    match buckets.len() == numbers.len() {
        true => Ok(buckets),
        false => Err(Unstored::Outage),
    }
}

/// At most this many stamps are asked for in one command, so that none holds up the node for long.
const ASKED_AT_ONCE: usize = 128;

/// Makes or reads all stamps, and then reads the buckets: whether each is as it was noted.
async fn ask(
    request: &Request,
    redis: &Topology,
    stamps: &[StampAsk<'_>],
    buckets: &[(Subject, Stamp)],
) -> Result<(Vec<Made>, bool), Fault> {
    let allowance = &request.allowance;
    let last = stamps.len().saturating_sub(1) / ASKED_AT_ONCE * ASKED_AT_ONCE;
    let (first, last) = stamps.split_at(last);
    let mut made = Vec::with_capacity(stamps.len());
    for few in first.chunks(ASKED_AT_ONCE) {
        made.extend(allowance.within(redis.stamps(few)).await?);
    }
    let names: Vec<_> = buckets.iter().map(|b| request.stamp_name(&b.0)).collect();
    let asking = redis.stamps_then_keys(last, &names);
    let (rest, keys) = allowance.within(asking).await?;
    made.extend(rest);
    let now = keys.into_iter().map(Found::stamp);
    let mut each = buckets.iter().zip(now);
    let held = each.all(|((_, noted), now)| now == Some(*noted));
    Ok((made, held))
}

fn bucket(subject: &Subject) -> Option<Subject> {
    match subject {
        Subject::Tag(tag) => Some(Subject::bucket(tag)),
        _ => None,
    }
}
