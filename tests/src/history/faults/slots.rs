//! Slots of a cluster that go from one master to another, while their keys are used.

use std::io;
use std::ops::{Range, RangeInclusive};

use rand::seq::IndexedRandom as _;
use tokio::time::sleep;

use super::Stage;
use crate::Cluster;
use crate::history::time;
use crate::wait::until;

/// How many slots go one by one.
const MOVED: usize = 4;

/// How many slots a reshard moves at most.
const RESHARDED: u16 = 1_500;

/// Some slots that keys in use are in, each for a while partly here and partly there.
pub(super) async fn move_some(stage: &mut Stage) -> io::Result<()> {
    let pause = stage.lag / 8;
    for _ in 0..MOVED {
        let (slot, from, to) = used(stage).await?;
        let cluster = stage.topology.cluster()?;
        let migration = cluster.migration(slot, from, to);
        migration.begin().await?;
        sleep(pause).await;
        let keys = cluster.node(from).keys().await.map_err(io::Error::other)?;
        let of_slot = |key: &&String| Cluster::slot_of(key) == slot;
        for key in keys.iter().filter(of_slot) {
            migration.move_key(key).await?;
            sleep(pause).await;
        }
        migration.move_keys().await?;
        sleep(pause).await;
        migration.finish().await?;
        migration.until_known().await?;
    }
    Ok(())
}

/// Many slots of the master that has most, at once.
pub(super) async fn reshard(stage: &mut Stage) -> io::Result<()> {
    let cluster = stage.topology.cluster()?;
    let mut masters = cluster.masters().await;
    let count =
        |slots: &[RangeInclusive<u16>]| -> usize { slots.iter().map(ExactSizeIterator::len).sum() };
    masters.sort_by_key(|(_, slots)| count(slots));
    let ([(to, _), ..], Some((from, slots))) = (&masters[..], masters.last()) else {
        return Err(io::Error::other("nobody is master"));
    };
    let longest = slots.iter().max_by_key(|slots| slots.len());
    let longest = longest.ok_or_else(|| io::Error::other("it has no slots"))?;
    let slots = some_of(*longest.start()..*longest.end() + 1);
    cluster.reshard(*from, *to, slots).await
}

/// One slot that keys in use are in, taken by another master that has none of its keys.
///
/// There are two masters of it until the old one is told.
pub(super) async fn force(stage: &mut Stage) -> io::Result<()> {
    let (slot, _, to) = used(stage).await?;
    let from = time::now();
    stage.topology.cluster()?.force_slot(slot, to).await?;
    stage.had_two_masters(from, from);
    Ok(())
}

/// A slot that a key is in, who has it and somebody else.
async fn used(stage: &mut Stage) -> io::Result<(u16, usize, usize)> {
    let from = stage.master().await?;
    let cluster = stage.topology.cluster()?;
    let mut others = cluster.masters().await;
    others.retain(|(at, _)| *at != from);
    let keys = until("a key is there", || async {
        let keys = cluster.node(from).keys().await.map_err(io::Error::other)?;
        Ok((!keys.is_empty()).then_some(keys))
    })
    .await?;
    let key = keys.choose(&mut stage.random);
    let to = others.choose(&mut stage.random);
    let (Some(key), Some((to, _))) = (key, to) else {
        return Err(io::Error::other("there is only one master"));
    };
    Ok((Cluster::slot_of(key), from, *to))
}

/// The middle of them, if they are many.
fn some_of(slots: Range<u16>) -> Range<u16> {
    let spare = (slots.end - slots.start).saturating_sub(RESHARDED) / 2;
    slots.start + spare..slots.end - spare
}
