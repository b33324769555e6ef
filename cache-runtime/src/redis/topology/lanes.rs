//! The connections to one node, and which of them has a key.

use std::sync::Arc;

use super::sentinel;
use crate::redis::link::{Ears, Link};
use crate::redis::terms::news::LinkReport;
use crate::redis::wire::settings::LinkSettings;
use crate::redis::wire::slots::slot_of;

/// The connections to one node, at least one. Each has the slots that it has, so that all that is
/// read of a key is read on one, which will tell of its changes.
pub(super) type Lanes = Arc<[Link]>;

impl LinkReport {
    pub(super) fn of(link: &Link) -> Self {
        Self {
            node: link.shown(),
            state: link.state(),
            vouch: link.vouch(),
            denied: link.denied(),
            figures: link.figures(),
        }
    }
}

/// The connections that the settings ask for.
pub(super) fn lanes(settings: &LinkSettings, ears: &Ears) -> Lanes {
    let lane = |_| Link::new(settings.clone(), sentinel::resolver(settings), ears.clone());
    (0..settings.connections.max(1)).map(lane).collect()
}

/// The connection that has a key.
pub(super) fn lane(lanes: &Lanes, key: &str) -> Option<Link> {
    match &**lanes {
        [only] => Some(only.clone()),
        lanes => lane_of(lanes, slot_of(key)),
    }
}

/// The connection that has a slot.
pub(super) fn lane_of(lanes: &[Link], slot: u16) -> Option<Link> {
    let at = usize::from(slot).checked_rem(lanes.len())?;
    lanes.get(at).cloned()
}
