//! A process: its connection, its memory, its invalidation.

use super::queue::Queue;
use super::state::{Frame, Set};

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
