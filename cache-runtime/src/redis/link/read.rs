//! A read of keys at one node.

use std::sync::Arc;

use super::Link;
use super::live::Live;
use crate::redis::terms::answers::Node;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::Read;

impl Link {
    /// Reads keys, all at one moment of the node.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(in crate::redis) async fn read(&self, names: Vec<String>) -> Result<Read, Fault> {
        let live = self.live().await?;
        self.read_on(live, names).await
    }

    /// The same on the connection that is there, without waiting for one.
    pub(in crate::redis) async fn read_now(&self, names: Vec<String>) -> Result<Read, Fault> {
        let live = self.0.live.load_full().ok_or(Fault::Down)?;
        self.read_on(live, names).await
    }

    async fn read_on(&self, live: Arc<Live>, names: Vec<String>) -> Result<Read, Fault> {
        // Taken before: what a later epoch vouches for was read in it.
        let node = live.node();
        let got = self.watched(&live, live.read(names).await)?;
        // A node that nobody has heard from as a master for `lag` may have been replaced.
        let now = live.now();
        if !node.vouch.cells().iter().all(|cell| cell.holds(now)) {
            return Err(Fault::Down);
        }
        let node = Node {
            ms: live.node_ms(),
            ..node
        };
        Ok(Read { got, node })
    }
}
