//! Which faults there are, and where each strikes.

/// What the program is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topology {
    Single,
    Sentinel,
    Cluster,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Refused,
    Killed,
    Stopped,
    BlackHole,
    Slow50,
    Slow500,
    CutMidReply,
    Garbage,
    Full,
    Loading,
    ReadOnly,
    NoAuth,
    ClientKill,
    ScriptFlush,
    Failover,
    MasterKilled,
    MasterPaused,
    SlotMigrated,
    Reshard,
}

/// A fault in a topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub(super) fault: Fault,
    pub(super) topology: Topology,
}

impl Topology {
    pub(super) const ALL: [Self; 3] = [Self::Single, Self::Sentinel, Self::Cluster];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
        }
    }
}

impl Fault {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Killed => "kill-9",
            Self::Stopped => "sigstop",
            Self::BlackHole => "black-hole",
            Self::Slow50 => "slow-50ms",
            Self::Slow500 => "slow-500ms",
            Self::CutMidReply => "cut-mid-reply",
            Self::Garbage => "garbage",
            Self::Full => "oom",
            Self::Loading => "loading",
            Self::ReadOnly => "readonly",
            Self::NoAuth => "noauth",
            Self::ClientKill => "client-kill",
            Self::ScriptFlush => "script-flush",
            Self::Failover => "failover",
            Self::MasterKilled => "master-killed",
            Self::MasterPaused => "master-paused",
            Self::SlotMigrated => "slot-migrated",
            Self::Reshard => "reshard",
        }
    }
}

const fn single(fault: Fault) -> Row {
    let topology = Topology::Single;
    Row { fault, topology }
}

const fn sentinel(fault: Fault) -> Row {
    let topology = Topology::Sentinel;
    Row { fault, topology }
}

const fn cluster(fault: Fault) -> Row {
    let topology = Topology::Cluster;
    Row { fault, topology }
}

impl Row {
    /// In the order in which they are played.
    pub(super) const ALL: [Self; 21] = [
        single(Fault::Refused),
        single(Fault::Killed),
        single(Fault::Stopped),
        single(Fault::BlackHole),
        single(Fault::Slow50),
        single(Fault::Slow500),
        single(Fault::CutMidReply),
        single(Fault::Garbage),
        single(Fault::Full),
        single(Fault::Loading),
        single(Fault::ReadOnly),
        single(Fault::NoAuth),
        single(Fault::ClientKill),
        single(Fault::ScriptFlush),
        sentinel(Fault::Failover),
        sentinel(Fault::MasterKilled),
        sentinel(Fault::MasterPaused),
        cluster(Fault::MasterKilled),
        cluster(Fault::MasterPaused),
        cluster(Fault::SlotMigrated),
        cluster(Fault::Reshard),
    ];

    /// Whether it is played where time is short: one node in full, of the others what is most
    /// likely to happen.
    pub(super) fn is_in_short(self) -> bool {
        let of_others = [
            sentinel(Fault::MasterKilled),
            cluster(Fault::MasterKilled),
            cluster(Fault::SlotMigrated),
        ];
        self.topology == Topology::Single || of_others.contains(&self)
    }
}
