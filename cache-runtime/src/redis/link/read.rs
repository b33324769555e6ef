//! A read of keys at one node.

use std::sync::Arc;

use super::Link;
use super::connection::Answers;
use super::live::Live;
use crate::patience::Turn;
use crate::redis::terms::answers::Node;
use crate::redis::terms::asks::Keys;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::answers::Read;
use crate::redis::wire::reply::AllGot;

/// A read that was sent.
///
/// To send is no part of the future, which is therefore small.
pub(in crate::redis) struct Sent {
    link: Link,
    live: Arc<Live>,
    /// As it was before: what a later epoch vouches for was read in it.
    node: Node,
    turn: Turn,
    answers: Answers<AllGot>,
}

impl Link {
    /// Reads keys, all at one moment of the node.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(in crate::redis) async fn read(&self, keys: Keys) -> Result<Read, Fault> {
        let live = self.live().await?;
        self.send_read(live, keys).answer().await
    }

    /// Sends a read on the connection that is there, without waiting for one.
    pub(in crate::redis) fn read_now(&self, keys: Keys) -> Result<Sent, Fault> {
        let live = self.0.live.load_full().ok_or(Fault::Down)?;
        Ok(self.send_read(live, keys))
    }

    fn send_read(&self, live: Arc<Live>, keys: Keys) -> Sent {
        let node = live.node();
        let (turn, answers) = live.send_read(keys);
        Sent {
            link: self.clone(),
            live,
            node,
            turn,
            answers,
        }
    }
}

impl Sent {
    /// The answer, which is there once.
    pub(in crate::redis) async fn answer(&mut self) -> Result<Read, Fault> {
        let got = self.live.got(&self.turn, &mut self.answers).await;
        let got = self.link.watched(&self.live, got)?;
        // A node that nobody has heard from as a master for `lag` may have been replaced.
        let now = self.live.now();
        if !self.node.vouch.cells().iter().all(|cell| cell.holds(now)) {
            return Err(Fault::Down);
        }
        let node = Node {
            ms: self.live.node_ms(),
            ..self.node.clone()
        };
        Ok(Read { got, node })
    }
}
