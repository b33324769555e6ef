//! Reads that come while others are under way are joined into one command.
//!
//! The client's cost is by the command and not by the key, so under load joined reads take a third
//! of the time. A caller alone pays nothing for it: its read is sent at once, from its own task.
//! Only tasks of the cache's own thread hold up others: a caller's own future may be left unpolled
//! for ever.

pub(super) mod queue;
mod senders;

use std::sync::Arc;

use redis::{Cmd, Value};

use crate::boxed::boxed;
use crate::redis::link::Link;
use crate::redis::link::live::Live;
use crate::redis::wire::answers::Node;
use crate::redis::wire::fault::Fault;
use queue::{Alone, Read, Way};
use senders::Sender;

impl Link {
    /// Reads keys, all at one moment of the node.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(in crate::redis) async fn read(&self, names: Vec<String>) -> Result<Read, Fault> {
        let told = match self.0.reads.enter(names, &self.0.callers) {
            Way::Alone(names) => {
                let _alone = Alone(&self.0.reads);
                // Boxed: those who are joined to others hold nothing of it.
                return boxed(|| self.fetch(&names, 1)).await;
            }
            Way::Joined(told) => told,
            Way::First(told) => {
                let sender = Sender(Some(self.clone()));
                // Without a thread the sender is dropped, and with it what waits.
                self.0.settings.home.spawn_silent(sender.send())?;
                told
            }
        };
        told.await.unwrap_or(Err(Fault::Down))
    }

    async fn fetch(&self, names: &[String], callers: usize) -> Result<Read, Fault> {
        let live = self.live_for(callers).await?;
        // Taken before: what a later epoch vouches for was read in it.
        let node = live.node();
        let values = match live.is_in_cluster() {
            true => self.fetch_each(&live, names, callers).await?,
            false => self.fetch_all(&live, names, callers).await?,
        };
        if values.len() != names.len() {
            return Err(Fault::Protocol);
        }
        // A node that nobody has heard from as a master for `lag` may have been replaced.
        let now = live.now();
        if !node.vouch.cells().iter().all(|cell| cell.holds(now)) {
            return Err(Fault::Down);
        }
        let node = Node {
            ms: live.node_ms(),
            ..node
        };
        self.0.reads.measure(&values);
        Ok(Read { values, node })
    }

    async fn fetch_all(
        &self,
        live: &Arc<Live>,
        names: &[String],
        callers: usize,
    ) -> Result<Vec<Value>, Fault> {
        // Room for the names and their lengths: growing would cost more than the rest.
        let room = names.iter().map(|name| name.len() + 16).sum();
        let mut command = Cmd::with_capacity(names.len() + 1, room);
        let verb = if names.len() == 1 { "GET" } else { "MGET" };
        command.arg(verb).arg(names);
        match self.watched(live, live.command(&command, callers).await) {
            Ok(Value::Array(items)) if names.len() > 1 => Ok(items),
            Ok(one) => Ok(vec![one]),
            // `MGET` answers nil for such a key where `GET` fails.
            Err(Fault::WrongType) => Ok(vec![Value::Nil]),
            Err(fault) => Err(fault),
        }
    }

    /// In a cluster `MGET` takes keys of one slot only.
    async fn fetch_each(
        &self,
        live: &Arc<Live>,
        names: &[String],
        callers: usize,
    ) -> Result<Vec<Value>, Fault> {
        let mut pipeline = redis::Pipeline::with_capacity(names.len());
        for name in names {
            pipeline.cmd("GET").arg(name);
        }
        self.watched(live, live.commands(&pipeline, callers).await)
    }
}
