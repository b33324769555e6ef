//! Expiring by hand: what was loaded before is stale, and may be served for as long as its site's
//! `stale` window allows while it is refreshed. Nothing is promised to readers elsewhere, and nothing
//! is owed: that is what an invalidation is for.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::{CacheError, Result};
use crate::frame;
use crate::load::{LARGE, Request, aside};
use crate::redis::{Fault, Keys, Topology};
use crate::stamp::Subject;
use crate::tiers::Tiers;

/// An entry that is replaced as often while it is expired is as fresh as it gets.
const TRIES: usize = 4;

/// Makes everything that carries the stamp stale.
pub(crate) async fn expire_stamped(
    tiers: &Arc<Tiers>,
    subject: &Subject,
    stamp: &str,
) -> Result<()> {
    tiers.cells.expire(subject);
    let Some(redis) = &tiers.redis else {
        return Ok(());
    };
    let outcome = redis.expire(stamp).await;
    // What was read meanwhile was read as fresh.
    tiers.cells.expire(subject);
    done(outcome.map(drop))
}

/// Makes one entry stale.
pub(crate) async fn expire_entry(request: &Request) -> Result<()> {
    let (tiers, subject) = (&request.tiers, &request.subjects[0]);
    tiers.cells.expire(subject);
    let Some(redis) = request.redis() else {
        return Ok(());
    };
    let outcome = replace(request, redis).await;
    tiers.cells.expire(subject);
    done(outcome)
}

async fn replace(request: &Request, redis: &Topology) -> std::result::Result<(), Fault> {
    let (entry, lease) = (request.name.as_str(), request.name.lease());
    for _ in 0..TRIES {
        let read = redis.read(Keys::from_iter([request.name.shared()])).await?;
        let first = read.found.into_iter().next();
        let bytes = first.and_then(|found| found.bytes).unwrap_or_default();
        let stale = stale(&bytes, read.node.ms).await;
        let end = bytes.len().min(frame::ID_OFFSET + 16);
        let id = bytes.get(frame::ID_OFFSET..end).unwrap_or_default();
        if redis.expire_entry(entry, &lease, id, &stale).await? {
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

fn done(outcome: std::result::Result<(), Fault>) -> Result<()> {
    outcome.map_err(|fault| CacheError::Unavailable {
        doing: "expire",
        cause: fault.as_str().to_owned(),
    })
}
