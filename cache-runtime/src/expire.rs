//! Expiring by hand: what was loaded before is stale, and may be served for as long as its site's
//! `stale` window allows while it is refreshed. Nothing is promised to readers elsewhere, and nothing
//! is owed: that is what an invalidation is for.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;

use crate::boxed::boxed;
use crate::error::{CacheError, Result};
use crate::frame;
use crate::invalidate::trouble;
use crate::load::{LARGE, aside};
use crate::owed::Target;
use crate::own_thread;
use crate::redis::{Fault, Keys, Topology};
use crate::stamp::Subject;
use crate::tiers::Tiers;

/// An entry that is replaced as often while it is expired is as fresh as it gets.
const TRIES: usize = 4;

/// How many targets are expired at the same time: an entry is read for it.
const FEW: usize = 64;

/// Makes the targets stale: the entries, and everything that carries the stamps.
///
/// # Cancellation
///
/// Dropped half-way, each was done or not.
pub(crate) async fn expire(tiers: &Arc<Tiers>, targets: &[Target]) -> Result<()> {
    age_copies(tiers, targets);
    let Some(redis) = &tiers.redis else {
        return Ok(());
    };
    let mut outcome = Ok(());
    for few in targets.chunks(FEW) {
        let expiring = few
            .iter()
            .map(|target| -> Expiring<'_> { boxed(|| expire_one(redis, target)) });
        let done = join_all(expiring);
        outcome = outcome.and(done.await.into_iter().collect());
    }
    // What was read meanwhile was read as fresh.
    age_copies(tiers, targets);
    outcome.map_err(|fault| {
        trouble(tiers, targets, ("expire", fault));
        CacheError::Unavailable {
            doing: "expire",
            cause: fault.as_str().to_owned(),
        }
    })
}

/// Begins to make the targets stale, for nobody who waits.
pub(crate) fn begin_expiry(tiers: &Arc<Tiers>, targets: Vec<Target>) {
    age_copies(tiers, &targets);
    if tiers.redis.is_some() {
        let tiers = Arc::clone(tiers);
        // Without a thread nothing reaches Redis, and nothing is promised. What fails there is told of.
        let _ = own_thread::spawn(async move { expire(&tiers, &targets).await.is_ok() });
    }
}

/// Makes this process's copies stale.
pub(crate) fn age_copies(tiers: &Tiers, targets: &[Target]) {
    // Of a tag's subjects the first is its bucket, which is of others too.
    let subjects = targets.iter().filter_map(|target| target.subjects.last());
    subjects.for_each(|subject| tiers.cells.expire(subject));
}

/// One target's part. Its type is hidden: who asks whether a call three functions above is `Send` would look into
/// all of it, and past the compiler's limit.
type Expiring<'a> = Pin<Box<dyn Future<Output = std::result::Result<(), Fault>> + Send + 'a>>;

async fn expire_one(redis: &Topology, target: &Target) -> std::result::Result<(), Fault> {
    match (&*target.names, target.subjects.last()) {
        ([lease, entry], Some(Subject::Entry(_))) => replace(redis, lease, entry).await,
        ([.., stamp], _) => redis.expire(stamp).await.map(drop),
        ([], _) => Ok(()),
    }
}

async fn replace(redis: &Topology, lease: &str, entry: &str) -> std::result::Result<(), Fault> {
    for _ in 0..TRIES {
        let read = redis.read(Keys::from_iter([entry.into()])).await?;
        let first = read.found.into_iter().next();
        let bytes = first.and_then(|found| found.bytes).unwrap_or_default();
        let stale = stale(&bytes, read.node.ms).await;
        let end = bytes.len().min(frame::ID_OFFSET + 16);
        let id = bytes.get(frame::ID_OFFSET..end).unwrap_or_default();
        if redis.expire_entry(entry, lease, id, &stale).await? {
            break;
        }
    }
    Ok(())
}

/// The entry as stale; nothing of what can't be read, which is a miss to every reader and stands as it is.
/// A large one is written away from the runtime's threads.
async fn stale(entry: &Bytes, node_ms: u64) -> Vec<u8> {
    let bytes = entry.clone();
    let write = move || {
        let frame = frame::parse(&bytes).ok()?;
        Some(frame::write(&frame.header.expired(node_ms), frame.payload))
    };
    let written = match entry.len() < LARGE {
        true => write(),
        false => aside(write).await.flatten(),
    };
    written.unwrap_or_default()
}
