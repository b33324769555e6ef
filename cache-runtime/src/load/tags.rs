//! Tags that come of the loaded value.
//!
//! Their stamps can't be noted before the load, as nobody knows which they will be. Each tag falls
//! into one of a few buckets, whose stamps are noted before: an invalidation of a tag deletes the
//! stamp of its bucket first and then its own. So once the tag's stamp was made or read, a bucket
//! that is still as noted says that the tag was not invalidated since the load began.

use std::sync::Arc;

use super::request::Request;
use super::right::Right;
use super::stamps::{noted, stamp_asks};
use super::store::Loading;
use crate::events::Unstored;
use crate::redis::{Fault, Found, Made, Topology};
use crate::stamp::{Subject, Watch};
use crate::tag::{Tag, TagsFrom};
use crate::value::Cacheable;

/// Lets a load rest on the tags of its value too, unless one was invalidated since it began.
pub(super) async fn tag<T: Cacheable>(
    request: &Request,
    loading: &mut Loading,
    value: &T,
    tags_from: TagsFrom<T>,
) -> Result<(), Unstored> {
    let Some(tags_from) = tags_from else {
        return Ok(());
    };
    let subjects = subjects(request, &tags_from(value))?;
    if subjects.is_empty() {
        return Ok(());
    }
    let cells = match (&request.tiers.redis, &mut loading.right) {
        (Some(redis), Some(right)) => note(request, redis, right, &subjects).await?,
        _ => {
            // Registered before the buckets are looked at: an invalidation flips the bucket first,
            // so it is seen there or flips these.
            let cells = request.tiers.cells.watch(&subjects);
            if !loading.buckets_hold(&subjects) {
                return Err(Unstored::Overtaken);
            }
            cells
        }
    };
    // An invalidation that Redis did not get changed no bucket there.
    if request.tiers.owed.covers(&subjects) {
        return Err(Unstored::Overtaken);
    }
    loading.watch = loading.watch.and(cells.cells());
    Ok(())
}

/// The tags that are not the request's own, once each.
fn subjects(request: &Request, tags: &[Tag]) -> Result<Vec<Subject>, Unstored> {
    let mut subjects = Vec::with_capacity(tags.len());
    for tag in tags {
        if let Err(error) = tag.check() {
            tracing::debug!(target: "cache", site = request.site.identity, %error, "not stored");
            return Err(Unstored::Tag);
        }
        let subject = Subject::Tag(Arc::clone(tag.name()));
        if !request.subjects.contains(&subject) && !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

/// Makes or reads the stamps, then reads the buckets again; the cells of the tags.
async fn note(
    request: &Request,
    redis: &Topology,
    right: &mut Right,
    subjects: &[Subject],
) -> Result<Watch, Unstored> {
    let cells = &request.tiers.cells;
    let recording = cells.record(subjects.iter().cloned());
    let stamps: Vec<_> = subjects.iter().map(|s| request.stamp_name(s)).collect();
    let buckets = subjects.iter().filter_map(bucket).collect::<Vec<_>>();
    let names: Vec<_> = buckets.iter().map(|b| request.stamp_name(b)).collect();
    let unanswered = |fault: Fault| {
        request.trouble("note the value's tags", fault.as_str());
        Unstored::Outage
    };
    let asks = stamp_asks(request, &stamps);
    let asking = redis.stamps_then_keys(&asks, &names);
    let (made, keys) = request.allowance.within(asking).await.map_err(unanswered)?;
    let now = buckets.iter().zip(keys.into_iter().map(Found::stamp));
    let before = |bucket: &Subject| right.noted.buckets.iter().find(|(b, _)| b == bucket);
    let mut held = now.map(|(bucket, now)| now.is_some() && before(bucket).map(|b| b.1) == now);
    if !held.all(|held| held) {
        return Err(Unstored::Overtaken);
    }
    let noted = noted(subjects, &made).ok_or(Unstored::NoLease)?;
    right.noted.stamps.extend(noted);
    let writes = made.iter().map(Made::pushed);
    let watch = cells.conclude(&recording, writes);
    made.iter().for_each(|made| right.vouch.also(&made.vouch));
    Ok(watch)
}

pub(super) fn bucket(subject: &Subject) -> Option<Subject> {
    match subject {
        Subject::Tag(tag) => Some(Subject::bucket(tag)),
        _ => None,
    }
}
