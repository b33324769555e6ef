//! A caller of a cached function, and the flight that it may lead.

use super::state::Set;

/// Where a caller is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum Phase {
    #[default]
    Idle,
    /// A `strong` call's own read, before it joins anyone.
    Peek,
    /// A refresh takes the lease by force.
    Claim,
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

/// A read or load that others of the process may share.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Flight {
    pub(crate) in_table: bool,
    /// None of the cells it rests on was flipped.
    pub(crate) holds: bool,
    /// One of them is the cell of the connection.
    pub(crate) vouched: bool,
    /// It may be joined for `lag` after its start only.
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
    /// The cells of its subjects, as registered before its last request, are unflipped.
    pub(crate) cells: bool,
    /// That of the connection which its right or answer is of, too.
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
    /// It was asked for a new value, whatever there is.
    pub(crate) refreshes: bool,
    /// Its flight was under way when the call began.
    pub(crate) under_way: bool,
    pub(crate) flight: Flight,
}

impl Caller {
    /// The value that it found or loaded, if it has one.
    pub(crate) fn valued(&self) -> Option<Set> {
        let found = matches!(self.answer, Answer::Valid | Answer::Frame);
        let loads = [Phase::Loading, Phase::Tag, Phase::TagThen, Phase::Fill];
        (found || loads.contains(&self.phase)).then_some(self.value)
    }
}
