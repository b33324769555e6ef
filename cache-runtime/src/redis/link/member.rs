//! A node's place in its cluster: its id and its slots.

use redis::{Pipeline, Value};

use crate::redis::terms::fault::Fault;
use crate::redis::wire::error::unwrap;
use crate::redis::wire::map::{self, Map, Ranges};

/// A node of a cluster: its id, and the slots that it last said it has.
#[derive(Clone, Debug)]
pub(super) struct Member {
    id: String,
    slots: Ranges,
}

impl Member {
    /// Adds the commands that ask a node for its id and its map.
    pub(super) fn ask(pipeline: &mut Pipeline) {
        pipeline.cmd("CLUSTER").arg("MYID");
        map::add_ask(pipeline);
    }

    /// Reads the answers to [`ask`](Self::ask).
    pub(super) fn read(
        answers: &mut impl Iterator<Item = Value>,
        tls: bool,
    ) -> Result<Self, Fault> {
        let id = unwrap(answers.next().ok_or(Fault::Protocol)?)?;
        let id: String = redis::from_redis_value_ref(&id).map_err(|_| Fault::Protocol)?;
        let map = Map::read(answers, tls)?;
        // A master that has none yet may be given keys of some that are on their way to it.
        let slots = map.slots_of(&id).cloned().unwrap_or_default();
        Ok(Self { id, slots })
    }

    /// Takes over the slots that a later map gives the node. True if it lost some: they belong to
    /// another node now, so their changes are no longer pushed here.
    pub(super) fn learn(&mut self, map: &Map) -> bool {
        let slots = map.slots_of(&self.id).cloned().unwrap_or_default();
        let lost = map::lost_some(&self.slots, &slots);
        self.slots = slots;
        lost
    }
}
