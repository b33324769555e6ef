//! What a connection's callers and its driver share.

use std::sync::Arc;

use futures_util::task::AtomicWaker;
use parking_lot::{Mutex, MutexGuard};

use super::queue::{Outgoing, Queue};
use super::socket::Plain;

/// The queue, and how the driver is woken.
pub(super) struct Shared {
    pub(super) queue: Mutex<Queue>,
    pub(super) driver: AtomicWaker,
}

impl Shared {
    /// For a connection that callers write to themselves where there is such a socket.
    pub(super) fn new(socket: Option<Arc<Plain>>, is_in_cluster: bool) -> Self {
        Self {
            queue: Mutex::new(Queue::new(socket, is_in_cluster)),
            driver: AtomicWaker::new(),
        }
    }

    /// Writes what was just given if nothing else is under way, or leaves it to the driver.
    pub(super) fn go(&self, mut queue: MutexGuard<'_, Queue>, may_go: bool) {
        if let Some(socket) = queue.idle().map(Arc::clone) {
            let outgoing = queue.next();
            drop(queue);
            if let Some(outgoing) = outgoing {
                self.write(&socket, outgoing);
            }
        } else {
            drop(queue);
            if may_go {
                self.driver.wake();
            }
        }
    }

    /// Writes for a caller, and leaves to the driver what does not go at once.
    fn write(&self, socket: &Plain, outgoing: Outgoing) {
        let mut packed = self.pack(outgoing);
        // An error is met again by the driver, which says what it means.
        let written = socket.try_write(&packed).unwrap_or(0);
        packed.drain(..written);
        if self.queue.lock().end(packed) {
            self.driver.wake();
        }
    }

    /// Packs what is to be written, for which its callers wait from then on.
    pub(super) fn pack(&self, mut outgoing: Outgoing) -> Vec<u8> {
        let waiting = outgoing.pack();
        let refused = self.queue.lock().begin(waiting);
        // Outside the lock: it wakes those who wait.
        drop(refused);
        outgoing.packed
    }

    pub(super) fn close(&self) {
        let closed = self.queue.lock().close();
        drop(closed);
    }
}
