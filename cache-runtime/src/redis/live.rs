//! One connection while it lives.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, Value};
use tokio::sync::Notify;

use super::fault::Fault;
use crate::clock::{Clock, Moment};

/// So many commands in a row without an answer, and the connection is taken for hung.
const TIMEOUTS: u32 = 3;

/// A connection that answered its handshake.
pub(super) struct Live {
    pub(super) connection: MultiplexedConnection,
    /// The first 8 bytes of the run id: another after each restart of the server.
    pub(super) run_id: [u8; 8],
    pub(super) op_timeout: Duration,
    /// Node's Unix milliseconds less this machine's monotonic ones, never too small: the answer
    /// is taken to have been given when the question was sent.
    offset_ms: AtomicI64,
    timeouts: AtomicU32,
    broken: Notify,
    clock: Clock,
}

impl Live {
    pub(super) fn new(
        connection: MultiplexedConnection,
        run_id: [u8; 8],
        op_timeout: Duration,
    ) -> Self {
        Self {
            connection,
            run_id,
            op_timeout,
            offset_ms: AtomicI64::new(0),
            timeouts: AtomicU32::new(0),
            broken: Notify::new(),
            clock: Clock::default(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Learns the node's time, asked for at `sent`.
    pub(super) fn set_time(&self, node_ms: u64, sent: Moment) {
        let offset = node_ms.cast_signed().wrapping_sub(sent.0.cast_signed());
        self.offset_ms.store(offset, Ordering::Relaxed);
    }

    /// The node's clock now, in Unix milliseconds.
    pub(super) fn node_ms(&self) -> u64 {
        self.now().0.wrapping_add_signed(self.offset_ms.load(Ordering::Relaxed))
    }

    /// One command, within `op_timeout`.
    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, Fault> {
        let mut connection = self.connection.clone();
        let sent = connection.send_packed_command(command);
        let answer = tokio::time::timeout(self.op_timeout, sent).await;
        self.judge(answer.map_err(|_| Fault::Timeout).and_then(|a| a.map_err(|e| Fault::of(&e))))
            .and_then(unwrap)
    }

    /// Several commands in one write; an error of one is in its place.
    pub(super) async fn commands(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Fault> {
        let mut connection = self.connection.clone();
        let sent = connection.send_packed_commands(pipeline, 0, pipeline.len());
        let answer = tokio::time::timeout(self.op_timeout, sent).await;
        self.judge(answer.map_err(|_| Fault::Timeout).and_then(|a| a.map_err(|e| Fault::of(&e))))
    }

    /// Counts timeouts in a row, and tells the supervisor when the connection is of no more use.
    fn judge<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        match &answer {
            Ok(_) => {
                if self.timeouts.load(Ordering::Relaxed) != 0 {
                    self.timeouts.store(0, Ordering::Relaxed);
                }
            }
            Err(Fault::Timeout) => {
                if self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS {
                    self.broken.notify_one();
                }
            }
            Err(fault) if fault.ends_the_connection() => self.broken.notify_one(),
            Err(_) => {}
        }
        answer
    }

    pub(super) async fn until_broken(&self) {
        self.broken.notified().await;
    }
}

/// A server's error as a fault.
pub(super) fn unwrap(value: Value) -> Result<Value, Fault> {
    value.extract_error().map_err(|error| Fault::of(&error))
}
