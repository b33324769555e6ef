//! Reads that come while others are under way are joined into one command.
//!
//! The client's cost is by the command and not by the key, so under load joined reads take a third
//! of the time. A caller alone pays nothing for it: its read is sent at once, from its own task.
//! Only tasks of the cache's own thread hold up others: a caller's own future may be left unpolled
//! for ever.

mod senders;

use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use redis::{Cmd, Value};
use tokio::sync::oneshot;

use crate::boxed::boxed;
use crate::own_thread;
use crate::patience::Turn;
use crate::redis::link::Link;
use crate::redis::link::live::Live;
use crate::redis::wire::answers::Node;
use crate::redis::wire::fault::Fault;
use senders::Sender;

/// So many tasks send joined reads at once; further reads wait to be joined.
const SENDERS: usize = 2;

/// So many reads go into one command at most, so that none holds up the node for long.
const JOINED: usize = 128;

/// And fewer of large values: about so many bytes, so that what is behind them does not wait for
/// them past its `op_timeout`.
const JOINED_BYTES: usize = 256 << 10;

/// What a read found, and the node at that time.
#[derive(Debug)]
pub(in crate::redis) struct Read {
    /// In the order asked; in a cluster each may be an error of its own.
    pub(in crate::redis) values: Vec<Value>,
    pub(in crate::redis) node: Node,
}

#[derive(Debug)]
struct Waiting {
    names: Vec<String>,
    tell: oneshot::Sender<Result<Read, Fault>>,
    /// One of the link's callers, until its command is.
    turn: Turn,
}

/// The reads of one link.
#[derive(Debug, Default)]
pub(in crate::redis) struct Reads(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Reads that their callers sent themselves.
    alone: usize,
    /// Tasks that send joined reads.
    senders: usize,
    /// How many bytes a value had, on the average of late.
    mean_bytes: usize,
}

/// How a read goes on.
enum Way {
    Alone(Vec<String>),
    Joined(oneshot::Receiver<Result<Read, Fault>>),
    /// The same, and a sender is to be started for it.
    First(oneshot::Receiver<Result<Read, Fault>>),
}

impl Link {
    /// Reads keys, all at one moment of the node.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(in crate::redis) async fn read(&self, names: Vec<String>) -> Result<Read, Fault> {
        let told = match self.enter(names) {
            Way::Alone(names) => {
                let _alone = Alone(&self.0.reads);
                // Boxed: those who are joined to others hold nothing of it.
                return boxed(|| self.fetch(&names, 1)).await;
            }
            Way::Joined(told) => told,
            Way::First(told) => {
                let sender = Sender(Some(self.clone()));
                // Without a thread the sender is dropped, and with it what waits.
                own_thread::spawn_silent(sender.send())?;
                told
            }
        };
        told.await.unwrap_or(Err(Fault::Down))
    }

    fn enter(&self, names: Vec<String>) -> Way {
        let mut queue = self.0.reads.0.lock();
        if queue.alone + queue.senders == 0 {
            queue.alone += 1;
            return Way::Alone(names);
        }
        let ((tell, told), turn) = (oneshot::channel(), self.0.callers.enter());
        queue.waiting.push(Waiting { names, tell, turn });
        if queue.senders < SENDERS {
            queue.senders += 1;
            return Way::First(told);
        }
        Way::Joined(told)
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

impl Reads {
    /// The next reads to join. Where there are none, `last` gives the sender's place up, under the
    /// same lock: whoever comes next starts a sender of its own.
    fn next(&self, last: bool) -> Vec<Waiting> {
        let mut queue = self.0.lock();
        queue.waiting.retain(|one| !one.tell.is_closed());
        if queue.waiting.is_empty() && last {
            queue.senders -= 1;
        }
        let most = (JOINED_BYTES / queue.mean_bytes.max(1)).clamp(1, JOINED);
        let joined = queue.waiting.len().min(most);
        queue.waiting.drain(..joined).collect()
    }

    /// Learns how large values are, from reads that found some.
    fn measure(&self, values: &[Value]) {
        let sizes = values.iter().filter_map(|value| match value {
            Value::BulkString(bytes) => Some(bytes.len()),
            _ => None,
        });
        let (count, bytes) = sizes.fold((0_usize, 0_usize), |(n, sum), size| (n + 1, sum + size));
        if let Some(mean) = bytes.checked_div(count) {
            let mut queue = self.0.lock();
            queue.mean_bytes = (queue.mean_bytes * 7 + mean) / 8;
        }
    }

    /// What waits behind a command that failed would wait as long, for the same.
    fn fail(&self, fault: Fault) {
        for one in mem::take(&mut self.0.lock().waiting) {
            let _ = one.tell.send(Err(fault));
        }
    }
}

/// A read that its caller sends itself, while it does.
struct Alone<'a>(&'a Reads);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.0.lock().alone -= 1;
    }
}
