//! One state of the world: Redis, two processes, their connections and callers.
//!
//! Nothing in it is numbered. Two stamps, two entry ids or two tokens are only ever compared with
//! what Redis holds now, and none is used twice; so each is one bit, *the one that Redis has*, which
//! is cleared for good when Redis holds another. A flipped cell is never reset, so a cell is one bit
//! of whoever rests on it. That makes the states finite without a bound on reads, loads or evictions.

use std::fmt;

use super::caller::Caller;
use super::process::{Process, Stage};

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

/// What a trace shows of it: the entry and lease in Redis, the two memories, where each caller is. A
/// value is *older* or *newer* than the invalidations that have begun.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = |value: Option<Set>| match value {
            None => "-",
            Some(value) if value.covers(self.begun()) => "newer",
            Some(_) => "older",
        };
        let memory = |p: usize| age(self.processes[p].memory.map(|copied| copied.value));
        let Redis { entry, lease, .. } = self.redis;
        write!(f, "redis {} {lease:?}", age(entry.map(|frame| frame.value)))?;
        write!(f, " | memory {} {} |", memory(0), memory(1))?;
        for caller in &self.callers {
            write!(f, " {:?}", caller.phase)?;
            if caller.valued().is_some() {
                write!(f, "({})", age(caller.valued()))?;
            }
        }
        Ok(())
    }
}
