//! One connection while it lives.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, RedisResult, Value};
use tokio::sync::watch;

use super::answers::Node;
use super::breaker::Breaker;
use super::epoch::Epoch;
use super::fault::Fault;
use super::run::{Run, RunId};
use super::settings::{Found, LinkSettings};
use super::topology::{Map, Ranges, lost_some};
use super::window::Window;
use crate::clock::{Clock, Moment};
use crate::patience::{Turn, wait};

/// A connection that answered its handshake.
pub(super) struct Live {
    connection: MultiplexedConnection,
    run: Run,
    /// Holds until `lag` after the sending of the last heartbeat that was answered.
    pub(super) epoch: Epoch,
    /// In a cluster, who the node is there.
    member: Option<Mutex<Member>>,
    /// What its user may not do.
    pub(super) denied: Vec<Fault>,
    /// Which node it is, where that was asked for.
    pub(super) found: Option<Found>,
    op_timeout: Duration,
    lag_ms: u64,
    /// Node's Unix milliseconds less this machine's monotonic ones. The answer is taken to have
    /// been given when the question was sent, so the node's time is not thought too early, and an
    /// entry not fresher than it is, but for a step of the coarse clock; it is thought too late by
    /// one round trip at most.
    offset_ms: AtomicI64,
    breaker: Breaker,
    /// The commands under way.
    window: Window,
    /// When a command was answered last, or sent while there was none, in milliseconds of the coarse
    /// clock.
    silent_since: AtomicU64,
    end: Arc<End>,
    clock: Clock,
}

/// The end of a connection, told by whoever sees it first: its driver, a command or a heartbeat.
#[derive(Default)]
pub(super) struct End(watch::Sender<Option<Fault>>);

impl End {
    /// The first to tell says why.
    pub(super) fn tell(&self, cause: Fault) {
        self.0.send_if_modified(|told| {
            let is_first = told.is_none();
            told.get_or_insert(cause);
            is_first
        });
    }

    async fn come(&self) -> Fault {
        let mut told = self.0.subscribe();
        // Its sender is there as long as this is waited for.
        let cause = told.wait_for(Option::is_some).await;
        cause.ok().and_then(|cause| *cause).unwrap_or(Fault::Broken)
    }
}

/// A node of a cluster: its id, and the slots that it last said it has.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) slots: Ranges,
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
        connection: MultiplexedConnection,
        greeting: Greeting,
        settings: &LinkSettings,
        end: Arc<End>,
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
            op_timeout: settings.op_timeout,
            lag_ms,
            offset_ms: AtomicI64::new(0),
            breaker: Breaker::new(settings.breaker),
            window: Window::new(),
            silent_since: AtomicU64::new(0),
            end,
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

    /// What the node says of its cluster. A slot that it does not have any more is another's, whose
    /// changes it will not tell of.
    pub(super) fn learn(&self, map: &Map) {
        let Some(member) = &self.member else {
            return;
        };
        let mut member = member.lock();
        let slots = map.slots_of(&member.id).cloned().unwrap_or_default();
        if lost_some(&member.slots, &slots) {
            self.epoch.renew();
        }
        member.slots = slots;
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

    /// One command, within `op_timeout` and what those before it add.
    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, Fault> {
        let (turn, mut connection) = (self.window.enter(), self.connection.clone());
        let at_once = connection.send_packed_command(command);
        let later = || {
            let (command, mut connection) = (command.clone(), self.connection.clone());
            async move { connection.send_packed_command(&command).await }
        };
        let sent = self.window.send(&turn, at_once, later);
        let value = self.within(&turn, sent).await?;
        match Fault::of_answer(&value) {
            Some(fault) => self.judge(Err(fault)),
            None => Ok(value),
        }
    }

    /// Several commands in one write; an error of one is in its place.
    pub(super) async fn commands(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Fault> {
        let (turn, mut connection) = (self.window.enter(), self.connection.clone());
        let at_once = connection.send_packed_commands(pipeline, 0, pipeline.len());
        let later = || {
            let (all, mut connection) = (pipeline.clone(), self.connection.clone());
            async move { connection.send_packed_commands(&all, 0, all.len()).await }
        };
        let sent = self.window.send(&turn, at_once, later);
        let values = self.within(&turn, sent).await?;
        for fault in values.iter().filter_map(Fault::of_answer) {
            if fault.ends_the_connection() {
                return self.judge(Err(fault));
            }
        }
        Ok(values)
    }

    async fn within<T>(
        &self,
        turn: &Turn<'_>,
        sent: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, Fault> {
        let (asked, mut sent) = (self.now(), pin!(sent));
        if turn.before == 0 {
            self.silent_since.store(asked.0, Ordering::Relaxed);
        }
        let (once, extra) = (self.op_timeout, turn.extra());
        let mut waited = once;
        let mut answer = wait(once, sent.as_mut()).await.0;
        // Those before it are answered first. Where nothing comes at all it waits as long once more.
        for more in [extra.min(once), extra.saturating_sub(once)] {
            if answer.is_none() && !more.is_zero() && self.silence(asked, waited) < 2 * once {
                answer = tokio::select! {
                    (late, _) = wait(more, sent.as_mut()) => late,
                    // The breaker opened meanwhile; it will not be answered any more.
                    cause = self.end() => return Err(cause),
                };
                waited += more;
            }
        }
        let Some(answer) = answer else {
            self.time_out(turn, self.silence(asked, waited));
            return Err(Fault::Timeout);
        };
        self.silent_since.store(self.now().0, Ordering::Relaxed);
        self.judge(answer.map_err(|error| Fault::of(&error)))
    }

    /// For how long nothing was answered though something was asked, to one who asked then and has
    /// waited so long since, in this process's own time.
    fn silence(&self, asked: Moment, waited: Duration) -> Duration {
        let since = Moment(self.silent_since.load(Ordering::Relaxed));
        let before = Duration::from_millis(asked.ms_since(since));
        let answered = Duration::from_millis(since.ms_since(asked));
        (waited + before).saturating_sub(answered)
    }

    /// Counts a timeout. Where more wait, one at their head says little: then it is counted if it
    /// waited for as many, or if all was silent for longer, twice `op_timeout` at most.
    fn time_out(&self, turn: &Turn<'_>, silence: Duration) {
        let longer = turn.extra_now().min(self.op_timeout);
        let says_enough = turn.extra() >= longer || silence >= self.op_timeout + longer;
        if says_enough && self.breaker.timed_out() {
            self.end.tell(Fault::Timeout);
        }
    }

    /// Counts answers, and tells the end when the connection is of no more use.
    fn judge<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        match &answer {
            Ok(_) => self.breaker.answered(),
            Err(fault) if fault.ends_the_connection() => self.end.tell(*fault),
            Err(_) => {}
        }
        answer
    }

    /// Waits for the end of the connection, and why it came.
    pub(super) async fn end(&self) -> Fault {
        self.end.come().await
    }
}

/// A server's error as a fault.
pub(super) fn unwrap(value: Value) -> Result<Value, Fault> {
    match Fault::of_answer(&value) {
        Some(fault) => Err(fault),
        None => Ok(value),
    }
}
