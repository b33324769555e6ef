//! Invalidating everything under the prefix.
//!
//! Every entry rests on the stamp of its namespace, so nothing is valid once the stamp of each is deleted. They are
//! found by a walk over the names in Redis (<https://redis.io/docs/latest/commands/scan/>), which sees whatever is
//! there from its beginning to its end: a stamp that it may miss was made after it began, for loads that began later
//! still.

use std::sync::Arc;

use super::{Extent, TAGS, acknowledged, begin};
use crate::error::Result;
use crate::events::Event;
use crate::listeners::Invalidated;
use crate::redis::{Fault, Topology};
use crate::tiers::Tiers;

/// What is told of it, in errors and in the log.
const DOING: &str = "invalidate everything";

/// Invalidates every entry of the cache; `Ok` is the acknowledgement that the guarantee speaks of.
///
/// # Cancellation
///
/// Once polled, it is carried out even if the future is dropped.
pub(crate) async fn invalidate_everything(tiers: &Arc<Tiers>) -> Result<()> {
    tiers.events.invalidated_all();
    tiers.cells.flip_all();
    let Some(redis) = &tiers.redis else {
        tiers.listeners.tell(Invalidated::Everything);
        return Ok(());
    };
    acknowledged(DOING, begin(tiers, redis, Extent::Everything)).await
}

/// Deletes the stamp of every namespace, and drops what was read here meanwhile; owes it where that fails, or is
/// dropped before its end.
pub(super) async fn delete(tiers: &Tiers, redis: &Topology) -> Result<(), Fault> {
    let mut deleting = Deleting {
        tiers,
        is_done: false,
    };
    redis
        .unlink_matching(tiers.names.namespaces().glob())
        .await?;
    deleting.is_done = true;
    Ok(())
}

struct Deleting<'a> {
    tiers: &'a Tiers,
    is_done: bool,
}

impl Drop for Deleting<'_> {
    fn drop(&mut self) {
        // Owed before the copies are dropped, as is what has a target.
        if !self.is_done {
            self.tiers.owed.add_everything();
        }
        self.tiers.cells.flip_all();
        if self.is_done {
            self.tiers.listeners.tell(Invalidated::Everything);
        }
    }
}

/// It may never come to an end, where the user lacks a right: so each attempt is told of.
pub(super) fn trouble(tiers: &Tiers, fault: &Fault) {
    let event = Event::Trouble {
        doing: DOING,
        cause: fault.as_str(),
    };
    let counters = tiers.events.namespace(TAGS);
    tiers.events.emit(TAGS, &counters, event);
}
