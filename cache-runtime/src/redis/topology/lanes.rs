//! The connections to one node, and which of them has a key.

use std::sync::Arc;

use super::sentinel;
use crate::redis::link::{Ears, Link, LinkState};
use crate::redis::wire::fault::Fault;
use crate::redis::wire::settings::LinkSettings;
use crate::redis::wire::slots::slot_of;
use crate::stamp::Vouch;

/// The connections to one node, at least one. Each has the slots that it has, so that all that is
/// read of a key is read on one, which will tell of its changes.
pub(super) type Lanes = Arc<[Link]>;

/// How one connection is.
#[derive(Clone, Debug)]
pub(crate) struct LinkReport {
    /// What a person knows the node by.
    pub(crate) node: String,
    pub(crate) state: LinkState,
    /// What vouches for what is read on it now.
    pub(crate) vouch: Option<Vouch>,
    /// What its user may not do.
    pub(crate) denied: Vec<Fault>,
}

impl LinkReport {
    pub(super) fn of(link: &Link) -> Self {
        Self {
            node: link.shown(),
            state: link.state(),
            vouch: link.vouch(),
            denied: link.denied(),
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
