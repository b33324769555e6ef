//! Reads that come while others are under way are joined into one command.
//!
//! The client's cost is by the command and not by the key, so under load joined reads take a third
//! of the time. A caller alone pays nothing for it: its read is sent at once, from its own task.

use std::sync::Arc;

use parking_lot::Mutex;
use redis::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::fault::Fault;
use super::link::Link;
use super::operations::bytes;

/// So many commands of reads are under way at once; further reads wait to be joined.
const UNDER_WAY: usize = 2;

/// So many reads go into one command at most, so that none holds up the node for long.
const JOINED: usize = 128;

/// What a read found, and the node at that time.
#[derive(Debug)]
pub(crate) struct Read {
    /// In the order asked; a key of another type than a string is `None`.
    pub(crate) values: Vec<Option<Vec<u8>>>,
    pub(crate) node_ms: u64,
    pub(crate) run_id: [u8; 8],
}

#[derive(Debug)]
struct Waiting {
    names: Vec<String>,
    tell: oneshot::Sender<Result<Read, Fault>>,
}

/// The reads of one link.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    under_way: usize,
}

impl Link {
    /// Reads keys, all at one moment of the node.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(crate) async fn read(&self, names: Vec<String>) -> Result<Read, Fault> {
        match self.0.reads.enter(names) {
            Entered::Turn(names) => {
                let _turn = Turn(self);
                self.fetch(&names).await
            }
            Entered::Queue(told) => told.await.unwrap_or(Err(Fault::Down)),
        }
    }

    async fn fetch(&self, names: &[String]) -> Result<Read, Fault> {
        let mut command = redis::cmd(if names.len() == 1 { "GET" } else { "MGET" });
        command.arg(names);
        let (answer, live) = match self.command(&command).await {
            Ok(answered) => answered,
            Err(fault) => {
                // What waits behind a command that failed would wait as long, for the same.
                self.0.reads.fail(fault);
                return Err(fault);
            }
        };
        let values: Vec<_> = match answer {
            Value::Array(items) if names.len() > 1 => items.into_iter().map(bytes).collect(),
            one => vec![bytes(one)],
        };
        if values.len() != names.len() {
            return Err(Fault::Protocol);
        }
        Ok(Read {
            values,
            node_ms: live.node_ms(),
            run_id: live.run_id,
        })
    }

    /// Sends what waits, joined, until nothing does; then gives its turn back.
    async fn drain(self) {
        while let Some(batch) = self.0.reads.next() {
            let names: Vec<String> = batch.iter().flat_map(|one| one.names.clone()).collect();
            let mut read = self.fetch(&names).await;
            for waiting in batch {
                let share = read.as_mut().map_err(|fault| *fault).map(|read| Read {
                    values: read.values.drain(..waiting.names.len()).collect(),
                    node_ms: read.node_ms,
                    run_id: read.run_id,
                });
                // Who asked may have gone away.
                let _ = waiting.tell.send(share);
            }
        }
    }
}

enum Entered {
    Turn(Vec<String>),
    Queue(oneshot::Receiver<Result<Read, Fault>>),
}

impl Reads {
    fn enter(&self, names: Vec<String>) -> Entered {
        let mut queue = self.0.lock();
        if queue.under_way < UNDER_WAY {
            queue.under_way += 1;
            return Entered::Turn(names);
        }
        let (tell, told) = oneshot::channel();
        queue.waiting.push(Waiting { names, tell });
        Entered::Queue(told)
    }

    fn fail(&self, fault: Fault) {
        let waiting = std::mem::take(&mut self.0.lock().waiting);
        for one in waiting {
            let _ = one.tell.send(Err(fault));
        }
    }

    /// The next reads to join; without any, a turn is given back.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.0.lock();
        queue.waiting.retain(|one| !one.tell.is_closed());
        if queue.waiting.is_empty() {
            queue.under_way -= 1;
            return None;
        }
        let joined = queue.waiting.len().min(JOINED);
        Some(queue.waiting.drain(..joined).collect())
    }
}

/// The right to have one command of reads under way. When its holder is done, or dropped, what came
/// meanwhile is sent by a task that takes the turn over.
struct Turn<'a>(&'a Link);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.0.reads.0.lock();
        if queue.waiting.is_empty() {
            queue.under_way -= 1;
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => {
                let link = Link(Arc::clone(&self.0.0));
                runtime.spawn(link.drain());
            }
            // Nothing can run them: their callers go to the origin.
            Err(_) => {
                queue.waiting.clear();
                queue.under_way -= 1;
            }
        }
    }
}
