//! One connection while it lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use redis::{Pipeline, Value};

use super::connection::{Answers, Connection, Hold};
use super::epoch::Epoch;
use super::member::Member;
use super::pace::timeouts::{End, Timeouts};
use crate::clock::{Clock, Moment};
use crate::patience::{Crowd, Turn};
use crate::redis::terms::answers::Node;
use crate::redis::terms::asks::Keys;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::calls::Call;
use crate::redis::wire::error::refusal;
use crate::redis::wire::map::Map;
use crate::redis::wire::reply::{AllGot, Got};
use crate::redis::wire::run::{Run, RunId};
use crate::redis::wire::settings::{Found, LinkSettings};

/// A connection that answered its handshake.
pub(super) struct Live {
    connection: Connection,
    run: Run,
    /// Holds until `lag` after the sending of the last heartbeat that was answered.
    pub(super) epoch: Epoch,
    /// The node's id and slots, in a cluster.
    member: Option<Mutex<Member>>,
    /// What its user may not do.
    pub(super) denied: Vec<Fault>,
    /// Which node it is, where that was asked for.
    pub(super) found: Option<Found>,
    lag_ms: u64,
    /// Node's Unix milliseconds less this machine's monotonic ones. The answer is taken to have
    /// been given when the question was sent, so the node's time is not thought too early, and an
    /// entry not fresher than it is, but for a step of the coarse clock; it is thought too late by
    /// one round trip at most.
    offset_ms: AtomicI64,
    /// The callers of all connections that the link had or will have.
    callers: Arc<Crowd>,
    timeouts: Timeouts,
    clock: Clock,
}

/// What the handshake learnt of a node.
#[derive(Clone)]
pub(super) struct Greeting {
    pub(super) run: Run,
    pub(super) node_ms: u64,
    pub(super) sent: Moment,
    /// Whether it pushes changes of what is read on the connection.
    pub(super) tracks: bool,
    pub(super) member: Option<Member>,
    /// What the user may not do.
    pub(super) denied: Vec<Fault>,
}

impl Live {
    pub(super) fn new(
        connection: Connection,
        greeting: Greeting,
        settings: &LinkSettings,
        end: Arc<End>,
        callers: Arc<Crowd>,
    ) -> Self {
        let lag_ms = u64::try_from(settings.lag.as_millis()).unwrap_or(u64::MAX);
        let vouched = greeting.sent.plus_ms(lag_ms);
        let live = Self {
            connection,
            run: greeting.run,
            epoch: Epoch::begin(vouched, greeting.tracks),
            member: greeting.member.map(Mutex::new),
            denied: greeting.denied,
            found: settings.found.clone(),
            lag_ms,
            offset_ms: AtomicI64::new(0),
            callers,
            timeouts: Timeouts::new(settings.op_timeout, settings.breaker, end),
            clock: Clock::default(),
        };
        live.set_time(greeting.node_ms, greeting.sent);
        live
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Learns the node's time, asked for at `sent`.
    pub(super) fn set_time(&self, node_ms: u64, sent: Moment) {
        let offset = node_ms.cast_signed().wrapping_sub(sent.0.cast_signed());
        self.offset_ms.store(offset, Ordering::Relaxed);
    }

    /// A heartbeat sent then was answered, so all that changed before it was pushed.
    pub(super) fn beaten(&self, sent: Moment) {
        self.epoch.extend(sent.plus_ms(self.lag_ms));
    }

    pub(super) fn run_id(&self) -> RunId {
        self.run.id()
    }

    /// Whether this is what it was at the handshake.
    pub(super) fn is_still(&self, run: Run) -> bool {
        self.run == run
    }

    /// The node as it is now, for what is asked of it next.
    pub(super) fn node(&self) -> Node {
        Node {
            ms: self.node_ms(),
            run_id: self.run_id(),
            vouch: self.epoch.vouch(),
        }
    }

    /// Learns what the node says of its cluster.
    pub(super) fn learn(&self, map: &Map) {
        if let Some(member) = &self.member
            && member.lock().learn(map)
        {
            self.epoch.renew();
        }
    }

    pub(super) fn is_in_cluster(&self) -> bool {
        self.member.is_some()
    }

    /// The node's clock now, in Unix milliseconds.
    pub(super) fn node_ms(&self) -> u64 {
        self.now()
            .0
            .wrapping_add_signed(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Sends a read of keys, all at one moment of the node.
    pub(super) fn send_read(&self, keys: Keys) -> (Turn, Answers<AllGot>) {
        (self.callers.enter(), self.connection.read(keys))
    }

    /// The answer to a read that was sent; in a cluster an answer may be an error of its own.
    pub(super) async fn got(
        &self,
        turn: &Turn,
        answers: &mut Answers<AllGot>,
    ) -> Result<AllGot, Fault> {
        let mut all = self.timeouts.within(turn, answers).await?;
        if self.is_in_cluster() {
            let values = all.iter().filter_map(Got::other);
            self.ends(values)?;
            return Ok(all);
        }
        for got in &mut all {
            match got {
                Got::Other(value) => match refusal(value) {
                    // `MGET` answers nil for such a key where `GET` fails.
                    Some(Fault::WrongType) => *got = Got::Nothing,
                    fault => return self.timeouts.judge(Err(fault.unwrap_or(Fault::Protocol))),
                },
                Got::Nothing | Got::Bytes(_) => {}
            }
        }
        Ok(all)
    }

    /// Several commands in one write; an error of one is in its place.
    pub(super) async fn commands(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Fault> {
        let packed = pipeline.get_packed_pipeline();
        self.packed(packed, pipeline.len()).await
    }

    /// So many commands, packed, in one write; an error of one is in its place.
    pub(super) async fn packed(&self, packed: Vec<u8>, count: usize) -> Result<Vec<Value>, Fault> {
        let turn = self.callers.enter();
        self.answered(turn, self.connection.send(packed, count))
            .await
    }

    /// Asks scripts, in calls that others share; an error of one is in its place.
    pub(super) async fn call(&self, call: Call) -> Result<Vec<Value>, Fault> {
        let turn = self.callers.enter();
        self.answered(turn, self.connection.call(call)).await
    }

    /// Has calls of scripts wait for more of them.
    pub(super) fn hold_calls(&self) -> Hold {
        self.connection.hold_calls()
    }

    async fn answered(
        &self,
        turn: Turn,
        answers: Answers<Vec<Value>>,
    ) -> Result<Vec<Value>, Fault> {
        let values = self.timeouts.within(&turn, answers).await?;
        self.ends(values.iter())?;
        Ok(values)
    }

    /// The first of these answers that says that the connection is of no more use.
    fn ends<'a>(&self, mut answers: impl Iterator<Item = &'a Value>) -> Result<(), Fault> {
        let fault = answers.find_map(|value| refusal(value).filter(|f| f.ends_the_connection()));
        fault.map_or(Ok(()), |fault| self.timeouts.judge(Err(fault)))
    }

    /// Waits for the end of the connection, and why it came.
    pub(super) async fn end(&self) -> Fault {
        self.timeouts.end().await
    }
}
