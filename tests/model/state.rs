//! One state of the world: Redis, two processes, their connections and callers.
//!
//! Nothing in it is numbered. Two stamps, two entry ids or two tokens are only ever compared with
//! what Redis holds now, and none is used twice; so each is one bit, *the one that Redis has*, which
//! is cleared for good when Redis holds another. A flipped cell is never reset, so a cell is one bit
//! of whoever rests on it. That makes the states finite without a bound on reads, loads or evictions.

use super::queue::Queue;

/// How many processes there are.
pub(crate) const PROCESSES: usize = 2;

/// The process of each caller. The third is there where callers of one process share flights.
pub(crate) const HOME: [usize; 3] = [0, 1, 0];

/// A set of invalidations: process `p` makes the invalidation `p`, once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Set(pub(crate) u8);

impl Set {
    pub(crate) fn of(invalidation: usize) -> Self {
        Self(1 << invalidation)
    }

    pub(crate) fn has(self, invalidation: usize) -> bool {
        self.covers(Self::of(invalidation))
    }

    pub(crate) fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// A key in Redis, as a bit in what a connection is registered for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Key {
    Entry = 1,
    Lease = 2,
    Stamp = 4,
    Bucket = 8,
}

/// What a cell is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    Entry,
    Tag,
    Bucket,
}

/// An entry: the invalidations that had begun when its load began, and whether the stamp in it is
/// the one that Redis has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Frame {
    pub(crate) value: Set,
    pub(crate) stamped: bool,
}

/// Whose token the lease holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum Lease {
    #[default]
    None,
    Of(u8),
    /// A store that its caller gave up waiting for, in this process.
    Late(u8),
    /// A token that no one will store under.
    Spent,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Redis {
    pub(crate) entry: Option<Frame>,
    pub(crate) lease: Lease,
    pub(crate) stamp: bool,
    pub(crate) bucket: bool,
}

/// What process 0 is left connected to when its node is demoted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum Node {
    #[default]
    Master,
    /// Demoted while it held this valid value, if one.
    Demoted(Option<Set>),
}

/// A value in memory, every subject's cell of which is unflipped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Copied {
    pub(crate) value: Set,
    /// Lives for `lag` after its load's start, whatever the connection says.
    pub(crate) briefly: bool,
}

/// How far the process is with its one invalidation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum Stage {
    #[default]
    Ahead,
    Sent,
    /// The first of two deletions was executed.
    Half,
    Answered,
    Delivered,
    Faulted,
    /// Its caller was told of the fault; it is to be retried.
    Owed,
    Done,
}

/// An `UNLINK` that may still be executed though its answer is no longer waited for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum Late {
    #[default]
    None,
    /// On the present connection, in order before what is sent later.
    Own,
    /// On a connection that is no more: what it deletes is pushed to the present one.
    Foreign,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Invalidation {
    pub(crate) stage: Stage,
    /// The invalidations acknowledged when this attempt began.
    pub(crate) since: Set,
    pub(crate) late: Late,
    /// It failed once, so it will not be acknowledged.
    pub(crate) failed: bool,
}

/// A store under way that no caller waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct LateFill {
    pub(crate) frame: Frame,
    /// On the present connection.
    pub(crate) own: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Process {
    pub(crate) up: bool,
    pub(crate) node: Node,
    /// What the cell of the connection says: `None` once its time is over, else the invalidations
    /// acknowledged before the heartbeat was sent that it rests on.
    pub(crate) vouched: Option<Set>,
    /// The keys whose change the node will push, as bits.
    pub(crate) tracked: u8,
    pub(crate) queue: Queue,
    pub(crate) memory: Option<Copied>,
    pub(crate) invalidation: Invalidation,
    pub(crate) late_fill: Option<LateFill>,
    /// The bucket's stamp as remembered here, its cell unflipped: whether it is the one in Redis.
    pub(crate) bucket: Option<bool>,
}

/// Where a caller is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum Phase {
    #[default]
    Idle,
    /// A `strong` call's own read, before it joins anyone.
    Peek,
    /// The entry and its stamp.
    Read,
    /// The stamp of a tag that only the frame names.
    ReadTag,
    /// `lease.lua`, then the stamps.
    Ask,
    AskStamps,
    Loading,
    /// The stamp of the value's tag, then its bucket again (or the other way about).
    Tag,
    TagThen,
    Fill,
    Follow,
    /// A `strong` follower's read of what its leader got.
    Verify,
}

/// Where its request is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum At {
    #[default]
    Nowhere,
    Sent,
    /// Executed; the answer is in the connection's queue.
    Answered,
    /// The driver gave the answer to the caller, whose task was not run yet.
    Delivered,
    Faulted,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum Answer {
    #[default]
    None,
    Invalid,
    Valid,
    /// An entry whose tag is still to be read.
    Frame,
    Acquired,
    Held,
    Stored,
    Lost,
}

/// A load that others of the process may share.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Flight {
    pub(crate) in_table: bool,
    /// None of the cells it rests on was flipped.
    pub(crate) holds: bool,
    /// One of them is the cell of the connection.
    pub(crate) vouched: bool,
    /// It may be joined for `lag` after its start only, as there was no connection then.
    pub(crate) limited: bool,
    /// What was acknowledged at its start, where it is limited.
    pub(crate) since: Set,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Caller {
    pub(crate) phase: Phase,
    pub(crate) at: At,
    pub(crate) answer: Answer,
    /// Of the load, or of the frame that was found.
    pub(crate) value: Set,
    /// What it may not be older than.
    pub(crate) required: Set,
    /// The cells of its subjects, as registered before its last request.
    pub(crate) cells: bool,
    /// The cell of the connection that its right or answer is of.
    pub(crate) vouched: bool,
    pub(crate) bucket_cell: bool,
    /// The stamp that it noted, or that the frame it found carries, is the one that Redis has.
    pub(crate) stamped: bool,
    /// The same of the bucket's.
    pub(crate) bucketed: bool,
    /// The entry that it found invalid is the one that Redis has.
    pub(crate) same_id: bool,
    /// It asks for the bucket's stamp, as its process does not remember it.
    pub(crate) asks_bucket: bool,
    /// It loads under a lease.
    pub(crate) right: bool,
    /// Its flight was under way when the call began.
    pub(crate) under_way: bool,
    pub(crate) flight: Flight,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct State {
    pub(crate) redis: Redis,
    pub(crate) processes: [Process; PROCESSES],
    pub(crate) callers: [Caller; HOME.len()],
    pub(crate) acked: Set,
    /// Acknowledged, and `lag` has passed since.
    pub(crate) due: Set,
    /// A read returned what it may not.
    pub(crate) broken: bool,
}

impl State {
    /// Both processes are connected, and nothing is in Redis but the stamps.
    pub(crate) fn first() -> Self {
        let process = Process {
            up: true,
            vouched: Some(Set(0)),
            ..Process::default()
        };
        Self {
            redis: Redis {
                entry: None,
                lease: Lease::None,
                stamp: true,
                bucket: true,
            },
            processes: [process; PROCESSES],
            callers: [Caller::default(); HOME.len()],
            acked: Set(0),
            due: Set(0),
            broken: false,
        }
    }

    /// The invalidations that have begun: a load that begins now is newer than they.
    pub(crate) fn begun(&self) -> Set {
        (0..PROCESSES)
            .filter(|&p| self.processes[p].invalidation.stage != Stage::Ahead)
            .fold(Set(0), |begun, p| begun.and(Set::of(p)))
    }
}
