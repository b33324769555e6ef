//! The task that reads a connection, and writes what callers did not.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use redis::{PushKind, Value};
use tokio::io::{AsyncReadExt as _, AsyncWrite as _};

use super::queue::Waiting;
use super::shared::Shared;
use super::socket::Socket;
use crate::redis::link::ears::Hear;
use crate::redis::link::pace::timeouts::End;
use crate::redis::terms::fault::Fault;
use crate::redis::terms::news::Pushed;
use crate::redis::wire::reply::Replies;

/// Room for what comes in at once.
const ROOM: usize = 16 << 10;

/// Runs until the connection is closed, by either side.
pub(super) struct Driver {
    socket: Box<dyn Socket>,
    shared: Arc<Shared>,
    replies: Replies,
    /// What is to be written, from `written` on.
    packed: Vec<u8>,
    written: usize,
    /// Whether all that was written is on its way.
    is_flushed: bool,
    hear: Hear,
    end: Arc<End>,
}

/// Whether anything was done.
type Did = bool;

impl Driver {
    pub(super) fn new(
        socket: Box<dyn Socket>,
        shared: Arc<Shared>,
        end: &Arc<End>,
        hear: &Hear,
    ) -> Self {
        Self {
            socket,
            shared,
            replies: Replies::default(),
            packed: Vec::new(),
            written: 0,
            is_flushed: true,
            hear: Arc::clone(hear),
            end: Arc::clone(end),
        }
    }

    fn turn(&mut self, context: &mut Context<'_>) -> Result<Did, Fault> {
        // Answers make room for what is to be sent.
        let did_read = self.read(context)?;
        Ok(self.write(context)? || did_read)
    }

    fn read(&mut self, context: &mut Context<'_>) -> Result<Did, Fault> {
        let buffer = self.replies.buffer();
        buffer.reserve(ROOM);
        match pin!(self.socket.read_buf(buffer)).poll(context) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Ok(0)) => return Err(Fault::Broken),
            Poll::Ready(read) => read.map_err(broken)?,
        };
        while let Some(reply) = self.replies.next()? {
            if !reply.is_push() {
                let done = self.shared.queue.lock().answer(reply)?;
                if let Some(mean) = done.map_or(Ok(None), Waiting::tell)? {
                    self.shared.queue.lock().measure(mean);
                }
            } else if let Value::Push { kind, data } = reply.value()? {
                self.pushed(&kind, &data);
            }
        }
        Ok(true)
    }

    /// What the node pushes: the keys of an invalidation message; none stands for all of them (`FLUSHALL`).
    fn pushed(&self, kind: &PushKind, data: &[Value]) {
        if *kind != PushKind::Invalidate {
            return;
        }
        let Some(Value::Array(keys)) = data.first() else {
            return (self.hear)(Pushed::All);
        };
        for key in keys {
            (self.hear)(match key {
                Value::BulkString(key) => Pushed::Changed(key),
                Value::SimpleString(key) => Pushed::Changed(key.as_bytes()),
                // What can't be read may be any key.
                _ => Pushed::All,
            });
        }
    }

    fn write(&mut self, context: &mut Context<'_>) -> Result<Did, Fault> {
        let mut did = false;
        loop {
            if self.packed.is_empty() {
                let Some(outgoing) = self.shared.queue.lock().next() else {
                    break;
                };
                self.packed = self.shared.pack(outgoing);
            }
            let rest = &self.packed[self.written..];
            match Pin::new(&mut self.socket).poll_write(context, rest) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => return Err(Fault::Broken),
                Poll::Ready(written) => self.written += written.map_err(broken)?,
            }
            (did, self.is_flushed) = (true, false);
            if self.written == self.packed.len() {
                self.written = 0;
                self.packed = Vec::new();
                self.shared.queue.lock().end(Vec::new());
            }
        }
        if !self.is_flushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.socket).poll_flush(context)
        {
            flushed.map_err(broken)?;
            self.is_flushed = true;
        }
        Ok(did)
    }
}

fn broken(error: io::Error) -> Fault {
    match Fault::from(&redis::RedisError::from(error)) {
        fault if fault.is_of_tls() => fault,
        _ => Fault::Broken,
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let driver = self.get_mut();
        // Before it is looked at what there is to do, so that what comes after is not missed.
        driver.shared.driver.register(context.waker());
        loop {
            if driver.shared.queue.lock().is_closed() {
                return Poll::Ready(());
            }
            match driver.turn(context) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(fault) => {
                    driver.end.tell(fault);
                    return Poll::Ready(());
                }
            }
        }
    }
}

impl Drop for Driver {
    /// Nothing is read any more, perhaps as the runtime that it ran on has ended.
    fn drop(&mut self) {
        self.shared.close();
        self.end.tell(Fault::Broken);
    }
}
