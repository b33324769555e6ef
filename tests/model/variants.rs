//! The protocol with one rule taken out or weakened.

/// What is taken out. Each but `Nothing` and `DropBefore` must let a stale read through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Without {
    /// The protocol as it is.
    Nothing,
    /// Rule 2: stamps are noted after the load.
    StampsBeforeLoad,
    /// Rule 5: the bucket is looked at before the tag's stamp is made, not after.
    BucketAfterStamp,
    /// Rule 6: a store does not ask for its token.
    Token,
    /// Rule 7: the lease outlives an invalidation of the entry.
    LeaseDeleted,
    /// Rule 7: where the two deletions are split, the entry goes first.
    LeaseFirst,
    /// Rule 12: pushes go through a channel, and are applied after later answers.
    PushesInOrder,
    /// Rule 12: a value is put into memory and trusted, as what is dropped is dropped already.
    LookAtCells,
    /// Rule 12: cells are registered when the answer comes.
    CellsBeforeRead,
    /// Facts: the entry is not read again after its store.
    ReadAfterFill,
    /// Own writes are told but not counted: a push that comes meanwhile is taken for one's own.
    CountWrites,
    /// Rule 13: what was not stored is kept as if it were.
    OnlyStored,
    /// Rule 14: a connection vouches until it ends.
    Heartbeat,
    /// Rule 14: a connection vouches from when a heartbeat is answered, not from when it is sent.
    FromSending,
    /// Rule 14: the heartbeat is a `PING`, which a demoted master answers.
    Role,
    /// Rule 14: a new connection vouches for what was read on the one before.
    Epoch,
    /// Rule 14: the sentinels are not asked again before a connection is published.
    AskAgain,
    /// Rule 14: the sentinels are not asked again while a connection is used.
    AskMeanwhile,
    /// Rule 14: what was read on a connection outlives the word that its master was replaced.
    EndReplaced,
    /// Rule 17: flights are joined whatever they rest on.
    JoinLooks,
    /// Rule 17: a flight that holds no lease is joined for as long as one that does.
    LimitedFlight,
    /// Facts: a change of the lease is not pushed as one of the entry.
    LeasePushes,
    /// Rule 18: a `strong` call joins a read that was sent before it began.
    OwnRead,
    /// Rule 18: a `strong` call returns a load that began before it.
    Recheck,
    /// Rule 20: whether something is owed is looked at when a read begins, and not again.
    LookAtOwed,
    /// Rule 19: copies are dropped after the deletion only. The guarantee does not need more.
    DropBefore,
    /// Rule 19: copies are dropped before the deletion only.
    DropAfter,
    /// Rule 19: the caller drops the copies after the deletion, and may be cancelled.
    DropByTask,
    /// Rule 19: heartbeats count though an own invalidation is under way.
    HoldBack,
}
