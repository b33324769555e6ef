//! The slots of a cluster and the connections to their masters, as they are known now.

use crate::redis::link::Link;
use crate::redis::topology::lanes::{Lanes, lane_of};
use crate::redis::wire::map::Map;
use crate::redis::wire::settings::Address;
use crate::redis::wire::slots::SLOTS;

/// No master is known for a slot.
const NONE: u16 = u16::MAX;

/// A map, and a connection to each master in it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) map: Map,
    masters: Vec<(Address, Lanes)>,
    /// For each slot, which of the masters.
    slots: Box<[u16]>,
}

impl Table {
    /// Connections are asked for by address; one that is there already is given again.
    pub(super) fn of(map: &Map, mut lanes: impl FnMut(&Address) -> Lanes) -> Self {
        let mut table = Self {
            map: map.clone(),
            masters: Vec::with_capacity(map.masters.len()),
            slots: vec![NONE; usize::from(SLOTS)].into(),
        };
        for master in &map.masters {
            let at = table.position(&master.at, &mut lanes);
            for (from, to) in &master.slots {
                let range = usize::from(*from)..=usize::from(*to);
                if let Some(slots) = table.slots.get_mut(range) {
                    slots.fill(at);
                }
            }
        }
        table
    }

    /// This table with another master for one slot.
    pub(super) fn with(
        &self,
        slot: u16,
        to: &Address,
        mut lanes: impl FnMut(&Address) -> Lanes,
    ) -> Self {
        let mut table = self.clone();
        let at = table.position(to, &mut lanes);
        if let Some(of_slot) = table.slots.get_mut(usize::from(slot)) {
            *of_slot = at;
        }
        table
    }

    fn position(&mut self, address: &Address, lanes: &mut impl FnMut(&Address) -> Lanes) -> u16 {
        let known = self.masters.iter().position(|(known, _)| known == address);
        let at = known.unwrap_or_else(|| {
            self.masters.push((address.clone(), lanes(address)));
            self.masters.len() - 1
        });
        u16::try_from(at).unwrap_or(NONE)
    }

    /// The connection that has a slot.
    pub(super) fn link(&self, slot: u16) -> Option<Link> {
        let at = *self.slots.get(usize::from(slot))?;
        let (_, lanes) = self.masters.get(usize::from(at))?;
        lane_of(lanes, slot)
    }

    pub(super) fn has(&self, address: &Address) -> bool {
        self.masters.iter().any(|(known, _)| known == address)
    }

    /// One connection to each master.
    pub(super) fn masters(&self) -> impl Iterator<Item = Link> {
        let first = |(_, lanes): &(Address, Lanes)| lanes.first().cloned();
        self.masters.iter().filter_map(first)
    }

    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.masters.iter().flat_map(|(_, lanes)| lanes.iter())
    }
}
