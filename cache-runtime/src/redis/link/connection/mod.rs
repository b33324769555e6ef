//! One connection: commands go out in the order in which they were given, and answers come back in it.
//!
//! A caller that finds the connection idle writes its command itself, and is spared a change of threads;
//! whatever else is to be written goes out with the driver's next turn, in one piece. The driver, one task,
//! reads: it hands over the answers, and tells of what the node pushed before it hands over any later one.
//!
//! Reads that come while others are under way are joined into one command, as the cost of a command is more
//! than that of a key; and so are calls of scripts.
//!
//! Nothing here waits for a caller to be looked at again, so one that never is holds up nobody.

mod calls;
mod driver;
mod joined;
mod queue;
mod shared;
mod socket;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use redis::{ProtocolVersion, RedisError, Value};
use tokio::sync::oneshot;

use super::ears::Hear;
use super::pace::timeouts::End;
use crate::redis::terms::asks::Keys;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::calls::Call;
use crate::redis::wire::reply::AllGot;
use crate::redis::wire::settings::LinkSettings;
use calls::Asked;
use driver::Driver;
use joined::Read;
use queue::Sending;
use shared::Shared;
use socket::Opened;

/// A greeted connection. It is closed when this is dropped.
pub(in crate::redis::link) struct Connection(Arc<Shared>);

impl Connection {
    /// Opens a connection and starts its driver. `hear` is told what the node pushes, and `end` why the
    /// connection ended.
    pub(in crate::redis::link) async fn open(
        settings: &LinkSettings,
        protocol: ProtocolVersion,
        end: &Arc<End>,
        hear: &Hear,
    ) -> Result<Self, RedisError> {
        let opened = Opened::open(settings, protocol).await?;
        let shared = Arc::new(Shared::new(opened.written, settings.in_cluster));
        let driver = Driver::new(opened.driven, Arc::clone(&shared), end, hear);
        let started = settings.home.spawn(driver);
        started.map_err(|_| io::Error::from(io::ErrorKind::WouldBlock))?;
        Ok(Self(shared))
    }

    /// Sends `count` packed commands. The answers are in their order, each of which may be an
    /// error of the server.
    ///
    /// What is dropped before it is written never is.
    pub(in crate::redis::link) fn send(
        &self,
        packed: Vec<u8>,
        count: usize,
    ) -> Answers<Vec<Value>> {
        let (tell, told) = oneshot::channel();
        if count == 0 {
            // Nobody answers nothing.
            let _ = tell.send(Vec::new());
            return Answers(told);
        }
        let mut queue = self.0.queue.lock();
        queue.push(Sending::new(packed, count, tell));
        self.0.go(queue, true);
        Answers(told)
    }

    /// Reads keys, all at one moment of the node. The answers are in the order of the keys; where the node
    /// would not read any of them there is its error alone.
    ///
    /// Dropping the future leaves the reads that were joined to it under way.
    pub(in crate::redis::link) fn read(&self, keys: Keys) -> Answers<AllGot> {
        let (tell, told) = oneshot::channel();
        if keys.is_empty() {
            let _ = tell.send(AllGot::new());
            return Answers(told);
        }
        let mut queue = self.0.queue.lock();
        let may_go = queue.push_read(Read { keys, tell });
        self.0.go(queue, may_go);
        Answers(told)
    }

    /// Asks scripts, in calls that others share. The answers are in the order of what is asked, and are there after the
    /// pushes for what was written.
    ///
    /// What is dropped before it is written never is.
    pub(in crate::redis::link) fn call(&self, call: Call) -> Answers<Vec<Value>> {
        let (tell, told) = oneshot::channel();
        let mut queue = self.0.queue.lock();
        let may_go = queue.push_call(Asked { call, tell });
        self.0.go(queue, may_go);
        Answers(told)
    }

    /// Has calls wait for more of them, as their caller is about to ask for many.
    pub(in crate::redis::link) fn hold_calls(&self) -> Hold {
        self.0.queue.lock().hold_calls();
        Hold(Arc::clone(&self.0))
    }
}

/// While it lives, calls of scripts wait to be joined: until it is dropped, or as many wait as one write takes.
pub(in crate::redis) struct Hold(Arc<Shared>);

impl Drop for Hold {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock();
        let may_go = queue.end_hold();
        self.0.go(queue, may_go);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.close();
        self.0.driver.wake();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// The answers to what was sent, once all are there.
#[derive(Debug)]
pub(in crate::redis::link) struct Answers<A>(oneshot::Receiver<A>);

impl<A> Future for Answers<A> {
    type Output = Result<A, Fault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let told = Pin::new(&mut self.0).poll(context);
        told.map(|told| told.map_err(|_| Fault::Broken))
    }
}
