//! The reads that wait to be joined, and how many are under way.

use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use redis::Value;
use tokio::sync::oneshot;

use crate::patience::{Crowd, Turn};
use crate::redis::wire::answers::Node;
use crate::redis::wire::fault::Fault;

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

/// A read that waits to be joined to others.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) names: Vec<String>,
    pub(super) tell: oneshot::Sender<Result<Read, Fault>>,
    /// One of the link's callers, until its command is.
    pub(super) turn: Turn,
}

/// The reads of one link.
#[derive(Debug, Default)]
pub(in crate::redis::link) struct Reads(Mutex<Queue>);

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
pub(super) enum Way {
    Alone(Vec<String>),
    Joined(oneshot::Receiver<Result<Read, Fault>>),
    /// The same, and a sender is to be started for it.
    First(oneshot::Receiver<Result<Read, Fault>>),
}

impl Reads {
    /// Takes a read in, and says how it goes on.
    pub(super) fn enter(&self, names: Vec<String>, callers: &Arc<Crowd>) -> Way {
        let mut queue = self.0.lock();
        if queue.alone + queue.senders == 0 {
            queue.alone += 1;
            return Way::Alone(names);
        }
        let ((tell, told), turn) = (oneshot::channel(), callers.enter());
        queue.waiting.push(Waiting { names, tell, turn });
        if queue.senders < SENDERS {
            queue.senders += 1;
            return Way::First(told);
        }
        Way::Joined(told)
    }

    /// The next reads to join. Where there are none, `last` gives the sender's place up, under the
    /// same lock: whoever comes next starts a sender of its own.
    pub(super) fn next(&self, last: bool) -> Vec<Waiting> {
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
    pub(super) fn measure(&self, values: &[Value]) {
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
    pub(super) fn fail(&self, fault: Fault) {
        for one in mem::take(&mut self.0.lock().waiting) {
            let _ = one.tell.send(Err(fault));
        }
    }

    /// A sender is gone before it gave its place up: nobody else may come to send what waits.
    pub(super) fn lose_sender(&self) {
        let mut queue = self.0.lock();
        queue.senders -= 1;
        queue.waiting.clear();
    }
}

/// A read that its caller sends itself, while it does.
pub(super) struct Alone<'a>(pub(super) &'a Reads);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.0.lock().alone -= 1;
    }
}
