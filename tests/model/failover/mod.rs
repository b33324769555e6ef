//! A failover by Sentinel: two servers, and a process that asks who the master is.
//!
//! A world of its own, as a second server in the other would multiply its states. In it are the master and
//! its successor, the word of the sentinels, the link and the memory of a process that reads, and one
//! invalidation by another process.
//!
//! # What is abstracted, and why that is sound
//!
//! **Servers.** The master is paused when it is replaced, and believes itself the master until it is told;
//! a promotion by hand while it answers is a pause that nobody saw. It answers reads in either role. What its
//! successor was given as a replica carries stamps of another run, so that one begins with nothing. A load
//! and its store are one step: how loads race is explored in the other world.
//!
//! **The word of the sentinels** is the newest that any of them has: it changes in one step, and whoever asks
//! from then on hears it. The invalidation is executed by the master that it names.
//!
//! **Attempts** to connect may take any time, though they end after a second: `lag` may be shorter, and
//! `strong` calls don't wait for it.
//!
//! **Time.** As in the other world an invalidation that returned becomes due by a step, once `lag` has passed.
//! A connection rests on the last word before its publication. The sentinels are asked again within `lag` of
//! it: each `lag`/2 after the answer before, for `lag`/4. (For 50 ms more where one of them hangs, so by twice
//! that it may be later where all are slow.) So a connection whose word came before the invalidation returned
//! hears of the failover by the time it is due. Without that word the time runs from the publication.
//!
//! **Not modelled:** sentinels that don't answer, or none of which knows better; a process that is paused
//! between such a word and the next; an old master that becomes the master again; an invalidation that it
//! alone acknowledged after it was replaced, which is lost.

mod steps;

use std::fmt;

use super::variants::Without;

/// What of a failover is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failover {
    pub(crate) without: Without,
    /// Judged as well, though the guarantee does not cover it.
    pub(crate) judged: Option<Excluded>,
}

/// A read of what the old master said after it was replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Excluded {
    /// A `strong` call's, on a connection that the sentinels confirmed before they named the successor; until
    /// `lag` after the invalidation returned.
    ConfirmedBefore,
    /// From memory that such a connection filled, where it broke before the sentinels were heard, and none
    /// has taken its place; until `lag` after its last heartbeat.
    BrokenBefore,
}

pub(crate) const FAILOVER: Failover = Failover {
    without: Without::Nothing,
    judged: None,
};

/// A server, by what it was at first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Server {
    Old,
    New,
}

/// A value, by when its load began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Age {
    /// Before the invalidation began.
    Older,
    Newer,
}

/// How far the invalidation is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Stage {
    Ahead,
    Begun,
    Acknowledged,
    /// `lag` has passed since.
    Due,
}

/// Where the link is on its way to a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Link {
    Down,
    /// The sentinels named this server.
    Named(Server),
    /// It answered the handshake and a heartbeat as a master, the latter sent at this stage.
    Greeted(Server, Stage),
    /// Asked again since, at the second stage, the sentinels still named it.
    Confirmed(Server, Stage, Stage),
    /// Published; the word it rests on is of this stage.
    Up(Server, Stage),
}

/// A read in Redis. It is judged by what had happened when its call began.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Read {
    None,
    Sent(Judged),
    Answered(Judged, Age),
}

/// Whether a read may return an older value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Judged {
    May,
    /// The guarantee does not cover it.
    Excused,
    MayNot,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct State {
    old_runs: bool,
    /// The old master has not been told that it was replaced.
    old_believes: bool,
    /// What each holds, valid.
    old: Option<Age>,
    new: Option<Age>,
    /// Whom the sentinels name.
    named: Server,
    stage: Stage,
    link: Link,
    /// A push for what was read on the connection is under way.
    push: bool,
    read: Read,
    memory: Option<Age>,
    /// What vouches for memory: the stage at which the last answered heartbeat was sent.
    vouched: Option<Stage>,
    /// The connection that memory rests on broke after its master was replaced.
    broken_since: bool,
    /// A read returned what it may not.
    broken: bool,
}

impl State {
    /// The old master holds a value, and the process is about to connect.
    fn first() -> Self {
        Self {
            old_runs: true,
            old_believes: true,
            old: Some(Age::Older),
            new: None,
            named: Server::Old,
            stage: Stage::Ahead,
            link: Link::Down,
            push: false,
            read: Read::None,
            memory: None,
            vouched: None,
            broken_since: false,
            broken: false,
        }
    }
}

/// What a trace shows of it: the old master and what it holds, its successor, the link, the memory.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = |value: Option<Age>| match value {
            None => "-",
            Some(Age::Older) => "older",
            Some(Age::Newer) => "newer",
        };
        let old = match (self.old_runs, self.old_believes) {
            (false, _) => "paused",
            (true, true) => "master",
            (true, false) => "replica",
        };
        let new = match self.named {
            Server::Old => "replica",
            Server::New => "master",
        };
        write!(
            f,
            "old {old} {} | new {new} {}",
            age(self.old),
            age(self.new)
        )?;
        let memory = age(self.memory);
        match self.link {
            Link::Down => write!(f, " | down | memory {memory}"),
            Link::Named(at) => write!(f, " | named {at:?} | memory {memory}"),
            Link::Greeted(at, _) => write!(f, " | greeted {at:?} | memory {memory}"),
            Link::Confirmed(at, ..) => write!(f, " | confirmed {at:?} | memory {memory}"),
            Link::Up(at, _) => write!(f, " | up {at:?} | memory {memory}"),
        }
    }
}
