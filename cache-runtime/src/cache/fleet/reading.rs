//! What the processes of a fleet have published, added up.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;

use super::snapshot::{LARGEST, LARGEST_SUM, Snapshot, id, own, records};
use super::{FleetStats, ProcessStats};
use crate::error::CacheError;
use crate::load::aside;
use crate::redis::{Fault, Keys, Topology};
use crate::tiers::Tiers;

/// How many snapshots are read by one command, so that none holds up the node for long.
const AT_ONCE: usize = 16;

/// What another process published.
struct Published {
    id: String,
    bytes: Bytes,
    /// How much longer it holds.
    left: Duration,
}

pub(in crate::cache) async fn fleet_stats(tiers: &Tiers) -> Result<FleetStats, CacheError> {
    let this = own(tiers).await.told(id(tiers), Duration::ZERO, true);
    let Some(redis) = tiers.redis.as_ref().filter(|_| tiers.is_on()) else {
        return Ok(FleetStats::of(vec![this], false, 0));
    };
    let read = others(tiers, redis).await;
    let (published, skipped) = read.map_err(|fault| CacheError::Unavailable {
        doing: "read the statistics of the fleet",
        cause: fault.as_str().to_owned(),
    })?;
    let count = published.len() as u64;
    let alone = this.clone();
    // Of many processes it takes a while.
    let summed = aside(move || {
        let read = decoded(published);
        let skipped = skipped + (count - read.len() as u64);
        let processes = std::iter::once(this).chain(read).collect();
        FleetStats::of(processes, true, skipped)
    });
    let summed = summed.await;
    Ok(summed.unwrap_or_else(|| FleetStats::of(vec![alone], true, skipped + count)))
}

/// The process whose id begins like this, if it publishes still and this one may ask.
#[cfg(feature = "redis")]
pub(in crate::cache) async fn process(tiers: &Tiers, begins: &str) -> Option<ProcessStats> {
    if id(tiers).starts_with(begins) {
        return Some(own(tiers).await.told(id(tiers), Duration::ZERO, true));
    }
    let redis = tiers.redis.as_ref().filter(|_| tiers.is_on())?;
    let read = redis.read(Keys::from_iter([tiers.names.fleet()])).await;
    let read = read.ok()?;
    let now = read.node.ms;
    let list = read.found.into_iter().next()?.bytes?;
    let (records, _) = records(&list);
    let mut records = records.into_iter();
    let (id, ends) = records.find(|(id, ends)| *ends > now && id.starts_with(begins))?;
    let read = redis
        .read(Keys::from_iter([tiers.names.process(&id)]))
        .await;
    let bytes = read.ok()?.found.into_iter().next()?.bytes?;
    let left = Duration::from_millis(ends - now);
    decoded(vec![Published { id, bytes, left }]).pop()
}

/// What all others have published, and how many of them can't be told.
async fn others(tiers: &Tiers, redis: &Topology) -> Result<(Vec<Published>, u64), Fault> {
    let read = redis.read(Keys::from_iter([tiers.names.fleet()])).await?;
    let now = read.node.ms;
    let list = read.found.into_iter().next().and_then(|found| found.bytes);
    let (mut records, mut skipped) = records(list.as_deref().unwrap_or_default());
    let own = id(tiers);
    let mut seen = HashSet::from([own]);
    records.retain(|(id, ends)| *ends > now && seen.insert(id.clone()));
    let (mut published, mut room) = (Vec::new(), LARGEST_SUM);
    for some in records.chunks(AT_ONCE) {
        let keys = some.iter().map(|(id, _)| tiers.names.process(id));
        let read = redis.read(keys.collect()).await?;
        // One that is not there any more has just ended.
        let found = some.iter().zip(read.found);
        let found = found.filter_map(|((id, ends), found)| Some((id, ends, found.bytes?)));
        for (id, ends, bytes) in found {
            let fits = bytes.len() <= LARGEST.min(room);
            room = room.saturating_sub(bytes.len());
            match fits {
                true => published.push(Published {
                    id: id.clone(),
                    bytes,
                    left: Duration::from_millis(ends - now),
                }),
                false => skipped += 1,
            }
        }
    }
    Ok((published, skipped))
}

/// Those that can be read, while there is room for them.
fn decoded(published: Vec<Published>) -> Vec<ProcessStats> {
    let mut room = LARGEST_SUM;
    let read = published.into_iter().filter_map(|one| {
        let (snapshot, bytes) = Snapshot::read(&one.bytes, room)?;
        room = room.saturating_sub(bytes);
        let age = Duration::from_millis(snapshot.life_ms).saturating_sub(one.left);
        Some(snapshot.told(one.id, age, false))
    });
    read.collect()
}
